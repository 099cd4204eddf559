import { basename } from "node:path";
import { parseArgs } from "node:util";
import { RefusedError, type Problem } from "../src/problems";
import type { Purpose, Reading, Recipe } from "../stacks/recipes/recipe";
import { inRecipeTerms } from "../stacks/recipes/recipe-terms";
import { shellWords } from "../stacks/recipes/shell-words";
import { readSrtSlurm } from "../stacks/recipes/srt-slurm";
import { planStackConfig, type StackText } from "../stacks/recipes/stack-config";
import { readSubmitDisagg } from "../stacks/recipes/submit-disagg";
import type { Environment } from "../stacks/recipes/submit-environment";
import { readSubmitScript, type Submission } from "../stacks/recipes/submit-script";
import { readText, UsageError, writeText } from "./terminal";

interface Wanted {
  readonly client: string;
  readonly purpose: Purpose;
}

/**
 * `nvl72 import`: a published recipe as a client's stack, or every reason why it cannot run as it is.
 *
 * @throws {RefusedError} with all problems of the recipe, and with what the stack itself would refuse
 */
export function importCommand(args: readonly string[]): Promise<string> {
  // Nothing here waits; a promise keeps it one of the commands.
  return Promise.resolve().then(() => runImport(args));
}

function runImport(args: readonly string[]): string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      submit: { type: "string" },
      script: { type: "string" },
      env: { type: "string", multiple: true, default: [] },
      client: { type: "string", default: "client" },
      purpose: { type: "string", default: "production" },
      out: { type: "string" },
    },
  });
  const environment = environmentOf(values.env);
  const wanted = { client: values.client, purpose: purposeOf(values.purpose) };
  const text = imported(values.submit, values.script, onlyRecipe(positionals), environment, wanted);
  if (values.out === undefined) return text;
  writeText("import", values.out, text);
  return `nvl72: wrote ${values.out}\n`;
}

function imported(
  line: string | undefined,
  script: string | undefined,
  recipe: string | undefined,
  environment: Environment,
  wanted: Wanted,
): string {
  const given = [line, script, recipe].filter((source) => source !== undefined);
  if (given.length !== 1) throw new UsageError("nvl72 import: one of --submit, --script and a recipe's file");
  if (line !== undefined) return submitted(line, environment, wanted);
  if (script !== undefined) return scripted(script, environment, wanted);
  return recipeFile(recipe ?? "", environment, wanted);
}

function submitted(line: string, environment: Environment, wanted: Wanted): string {
  return accepted("the submission", readSubmitDisagg(shellWords(line), environment), wanted).text;
}

/** Submissions of a script stand side by side: each is a stack of its own, if all of them fit the rack. */
function scripted(file: string, environment: Environment, wanted: Wanted): string {
  if (Object.keys(environment).length > 0) throw new UsageError("nvl72 import: --script has its own exports, no --env");
  const { submissions, problems } = readSubmitScript(readText("import", file));
  const all = [...problems, ...byLine(submissions)];
  if (all.length > 0) throw new RefusedError(basename(file), all);
  const stacks = submissions.map(({ line, reading }, i) => {
    const client = submissions.length === 1 ? wanted.client : `${wanted.client}${i + 1}`;
    return accepted(`line ${line}`, reading, { ...wanted, client });
  });
  if (stacks.length === 1) return stacks.map(({ text }) => text).join("");
  return stacks.map(({ client, text }) => `# Pulumi.${client}.yaml\n${text}`).join("---\n");
}

/** What several lines have in common is said once. */
function byLine(submissions: readonly Submission[]): readonly Problem[] {
  const found = new Map<string, { readonly problem: Problem; readonly lines: number[] }>();
  for (const { line, reading } of submissions) {
    for (const problem of reading.problems) {
      const key = `${problem.path} ${problem.what}`;
      const entry = found.get(key) ?? { problem, lines: [] };
      entry.lines.push(line);
      found.set(key, entry);
    }
  }
  return [...found.values()].map(({ problem, lines }) => ({
    ...problem,
    path: `${lines.length === 1 ? "line" : "lines"} ${lines.join(", ")} ${problem.path}`,
  }));
}

/** `RECIPE.yaml`, or `RECIPE.yaml:VARIANT` of a file with several. */
function recipeFile(name: string, environment: Environment, wanted: Wanted): string {
  const unread = Object.keys(environment).find((key) => !["ISL", "OSL", "IMAGE"].includes(key));
  if (unread !== undefined)
    throw new UsageError(`nvl72 import: --env ${unread} says nothing to a recipe; ISL, OSL and IMAGE do`);
  const [, file = name, variant] = /^(.+\.ya?ml):([^:/]+)$/.exec(name) ?? [];
  const options = { purpose: wanted.purpose, environment, ...(variant === undefined ? {} : { variant }) };
  return accepted(basename(name), readSrtSlurm(readText("import", file), options), wanted, inRecipeTerms).text;
}

type Translate = (problems: readonly Problem[], recipe: Recipe) => readonly Problem[];

/**
 * The stack of a recipe that nothing forbids. What the planner has against it is said together with its own problems.
 *
 * @param translate puts the planner's words into those of the file that the user can change
 */
function accepted(
  subject: string,
  { recipe, draft = recipe, problems, notes, leftOut }: Reading,
  wanted: Wanted,
  translate: Translate = (planners) => planners,
): StackText {
  if (draft === undefined) throw new RefusedError(subject, problems);
  const planned = planStackConfig(draft, wanted, { notes, leftOut });
  const all = [...problems, ...("problems" in planned ? translate(planned.problems, draft) : [])];
  if ("problems" in planned || all.length > 0) throw new RefusedError(subject, all);
  return planned;
}

function onlyRecipe(positionals: readonly string[]): string | undefined {
  const [recipe, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`nvl72 import: one recipe, not also ${others.join(" ")}`);
  return recipe;
}

function purposeOf(text: string): Purpose {
  if (text === "production" || text === "benchmark") return text;
  throw new UsageError(`nvl72 import: --purpose ${text} is not one of production, benchmark`);
}

function environmentOf(pairs: readonly string[]): Environment {
  const entries = pairs.map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError(`nvl72 import: --env ${pair} is not KEY=VALUE`);
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return Object.fromEntries(entries);
}
