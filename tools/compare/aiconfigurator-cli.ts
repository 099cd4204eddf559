import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { home } from "../engine/home";
import { runProgram } from "../engine/run-program";
import { parseEstimate, parsePick, refusalIn, type Estimate, type Pick } from "./aiconfigurator-output";
import { gpus, tpotMilliseconds, ttftSeconds, type Question } from "./question";
import { meanLength, type PublishedRun } from "./published-runs";

export const version = "0.12.0";

/** The NVFP4 checkpoint of DeepSeek-V3's architecture that it knows without asking Hugging Face. */
export const model = "nvidia/DeepSeek-V3.1-NVFP4";

/** What it answered, how long the whole program took, and what was typed. */
export interface Answer<Value> {
  readonly command: string;
  readonly seconds: number;
  readonly value?: Value;
  /** Its own words, where there is no value. */
  readonly refusal?: string;
}

/** Installs it into an environment of its own, once. @returns the program. */
export async function obtainAiconfigurator(): Promise<string> {
  const folder = join(home().directory, `aiconfigurator-${version}`);
  const installed = join(folder, "installed");
  if (!existsSync(installed)) {
    await must("python3", ["-m", "venv", "--clear", folder]);
    const packages = [`aiconfigurator==${version}`, `aiconfigurator-core==${version}`];
    await must(join(folder, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", ...packages]);
    writeFileSync(installed, `${packages.join("\n")}\n`);
  }
  return join(folder, "bin/aiconfigurator");
}

/** Lets it search as it does by default, among disaggregated configurations. */
export async function askForPick(program: string, question: Question): Promise<Answer<Pick>> {
  const folder = mkdtempSync(join(tmpdir(), "nvl72-compare-"));
  const args = [
    ...["cli", "default", "--no-color", "--model", model, "--system", "gb200", "--backend", question.engine],
    ...["--total-gpus", gpus.toString(), "--serving-mode", "disagg", "--top-n", "1"],
    ...["--isl", question.inputTokens.toString(), "--osl", question.outputTokens.toString()],
    ...["--ttft", (1000 * ttftSeconds).toString(), "--tpot", tpotMilliseconds.toString()],
  ];
  try {
    const { seconds, text } = await run(program, [...args, "--save-dir", folder]);
    const file = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((name) =>
      name.endsWith("best_config_topn.csv"),
    );
    const value = file === undefined ? undefined : parsePick(readFileSync(join(folder, file), "utf8"));
    return answer(args, seconds, text, value);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Asks what it predicts for the shape of a published run, at the run's lengths and batch. */
export async function askForEstimate(
  program: string,
  { engine, shape }: PublishedRun,
  question: Question,
): Promise<Answer<Estimate>> {
  const [decode] = shape.decode;
  if (decode === undefined) throw new RangeError("a run without decode workers");
  const size = (prefix: string, ranks: number): readonly string[] => [
    ...[`--${prefix}-tp`, "1", `--${prefix}-dp`, ranks.toString()],
    ...[`--${prefix}-etp`, "1", `--${prefix}-ep`, ranks.toString()],
  ];
  const args = [
    ...["cli", "estimate", "--no-color", "--model", model, "--system", "gb200", "--backend", engine],
    ...["--estimate-mode", "disagg", "--detail", "source"],
    ...["--isl", Math.round(meanLength * question.inputTokens).toString()],
    ...["--osl", Math.round(meanLength * question.outputTokens).toString()],
    ...[...size("p", shape.prefill.gpusPerWorker), "--p-bs", "1", "--p-workers", shape.prefill.workers.toString()],
    ...[...size("d", decode.gpusPerWorker), "--d-bs", Math.round(decode.batchPerRank).toString()],
    ...["--d-workers", decode.workers.toString()],
  ];
  const { seconds, text } = await run(program, args);
  return answer(args, seconds, text, parseEstimate(text));
}

function answer<Value>(
  args: readonly string[],
  seconds: number,
  text: string,
  value: Value | undefined,
): Answer<Value> {
  const command = ["aiconfigurator", ...args].join(" ");
  return value === undefined ? { command, seconds, refusal: refusalIn(text) } : { command, seconds, value };
}

/** Both streams: it logs errors to either. */
async function run(program: string, args: readonly string[]): Promise<{ seconds: number; text: string }> {
  const directory = join(home().directory, "aiconfigurator-work");
  mkdirSync(directory, { recursive: true });
  const { seconds, stdout, stderr } = await runProgram(program, args, { cwd: directory, timeout: 600_000 });
  return { seconds, text: `${stdout}\n${stderr}` };
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram(command, args);
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${stderr}`);
}
