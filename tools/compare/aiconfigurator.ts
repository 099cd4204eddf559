// Asks NVIDIA's aiconfigurator and our planner the same questions, and holds both answers against our model and
// against published measurements.
// usage: node tools/run.mjs tools/compare/aiconfigurator.ts
import { root } from "../engine/home";
import { runProgram } from "../engine/run-program";
import { askForEstimate, askForPick, obtainAiconfigurator, version, type Answer } from "./aiconfigurator-cli";
import type { OurAnswer } from "./our-plan";
import { publishedRuns, type PublishedRun } from "./published-runs";
import { gpus, questions, tpotMilliseconds, trays, ttftSeconds, type Question } from "./question";
import { answerTable, checkTable, timeTable, type Checked, type Compared } from "./tables";

async function main(): Promise<void> {
  const program = await obtainAiconfigurator();
  const compared: Compared[] = [];
  for (const question of questions) {
    compared.push({ question, theirs: await askForPick(program, question), ...(await askOurs(question)) });
  }
  const checked: Checked[] = [];
  for (const run of publishedRuns) {
    checked.push({ run, estimate: await askForEstimate(program, run, questionOf(run)) });
  }
  print(compared, checked);
}

async function askOurs({ client, engine }: Question): Promise<Pick<Compared, "ours" | "ourSeconds">> {
  const args = ["--import", "tsx", "tools/compare/our-plan.ts", client, engine];
  const { code, stdout, stderr, seconds } = await runProgram(process.execPath, args, { cwd: root });
  if (code !== 0) throw new Error(`our planner ended with ${code}:\n${stderr}`);
  return { ours: JSON.parse(stdout) as OurAnswer, ourSeconds: seconds };
}

function questionOf({ client, engine }: PublishedRun): Question {
  const question = questions.find((one) => one.client === client && one.engine === engine);
  if (question === undefined) throw new RangeError(`no question for ${client} with ${engine}`);
  return question;
}

function print(compared: readonly Compared[], checked: readonly Checked[]): void {
  const text = [
    `aiconfigurator ${version} and our planner: one client on ${gpus} GPUs (${trays} trays), DeepSeek with NVFP4`,
    `weights, TTFT <= ${ttftSeconds} s, TPOT <= ${tpotMilliseconds} ms, no drafting, no headroom.`,
    "Shapes are prefill workers x GPUs + decode workers x GPUs, batches per GPU; P, D and both in requests/s;",
    "tok is output tokens/s per GPU of all. Our model takes every worker as data-parallel. It chose our shapes, so it",
    "is no referee between the tools: the published runs are.",
    "",
    ...answerTable(compared),
    "",
    "What is predicted for published runs (lengths 0.9 of nominal); our model as fitted without the run:",
    "",
    ...checkTable(checked),
    "",
    "Times in this run, seconds:",
    "",
    ...timeTable(compared),
    "",
    "What aiconfigurator was asked, and its own words where it had no answer or computed with other measurements:",
    "",
    ...compared.flatMap(({ theirs }) => asked(theirs)),
    ...checked.flatMap(({ estimate }) => asked(estimate, estimate.value?.fallback)),
  ];
  console.log(text.join("\n"));
}

function asked({ command, refusal }: Answer<unknown>, fallback?: string): readonly string[] {
  return [`$ ${command}`, ...[refusal, fallback].filter((said) => said !== undefined)];
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
