import type { Problem } from "../../src/problems";

export type SubmitMode = "dep" | "tep" | "tp";

/** The numbers of the command line, by position 3 to 10 (performance_sweeps/submit_disagg.sh of ai-dynamo/dynamo). */
const numberNames = [
  "ctx_num",
  "gen_num",
  "gen_tp_size",
  "gen_batch_size",
  "gen_max_num_tokens",
  "gen_gpu_memory_fraction",
  "gen_mtp_size",
  "gen_eplb_num_slots",
] as const;
export type NumberName = (typeof numberNames)[number];

/** What a command line says; what it leaves out is absent. */
export interface SubmitArguments {
  readonly mtpMode?: "on" | "off";
  readonly mode?: SubmitMode;
  readonly numbers: Readonly<Partial<Record<NumberName, number>>>;
  readonly concurrencies?: readonly number[];
}

export interface SplitArguments {
  readonly given: SubmitArguments;
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
}

const allNames = ["mtp_mode", "mode", ...numberNames, "concurrency list"];

/** Sorts words into the script's eleven places, with or without its name in front. */
export function splitArguments(line: readonly string[]): SplitArguments {
  const words = withoutProgram(line);
  const stranger = notTheScript(words);
  if (stranger !== undefined) return { given: { numbers: {} }, problems: [stranger], notes: [] };
  let rest = words;
  const mtpMode = /^mtp=(on|off)$/.exec(rest[0] ?? "")?.[1] as "on" | "off" | undefined;
  if (mtpMode !== undefined) rest = rest.slice(1);
  const named = ["dep", "tep", "tp", "all"].includes(rest[0] ?? "") ? rest[0] : undefined;
  if (named !== undefined) rest = rest.slice(1);
  if (named === "all") return { given: { numbers: {} }, problems: [cannedSweep()], notes: [] };
  const mode = named as SubmitMode | undefined;
  const { numbers, problems } = readNumbers(rest.slice(0, numberNames.length));
  const list = readList(rest.slice(numberNames.length));
  const given: SubmitArguments = {
    ...(mtpMode === undefined ? {} : { mtpMode }),
    ...(mode === undefined ? {} : { mode }),
    numbers,
    ...(list.concurrencies === undefined ? {} : { concurrencies: list.concurrencies }),
  };
  const missing = missingNames(given);
  const incomplete = missing.filter((name) => name !== "mtp_mode" && name !== "concurrency list");
  return {
    given,
    problems: [...(incomplete.length > 0 ? [tooFew(words.length, missing)] : []), ...problems, ...list.problems],
    notes: incomplete.length === 0 && missing.length > 0 ? [tooFew(words.length, missing)] : [],
  };
}

function withoutProgram(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => /(^|\/)submit_disagg\.sh$/.test(word));
  return at < 0 ? words : words.slice(at + 1);
}

/** Another script has the same name and nine numbers, and documents print excerpts. */
function notTheScript(words: readonly string[]): Problem | undefined {
  if (words.includes("...")) {
    return {
      path: "arguments",
      what: `"${words.join(" ")}" is an excerpt`,
      rule: "the script counts its arguments; it has no named ones",
      fix: `all eleven: ${allNames.join(" ")}`,
    };
  }
  if (words.length !== 9 || words.at(-1) !== "inf") return undefined;
  return {
    path: "arguments",
    what: "prefill nodes, prefill workers, decode nodes, decode workers and five more: SGLang's submit_disagg.sh",
    rule: "two scripts share the name; this one's numbers mean something else (launch_gb200-nv.sh calls both)",
    fix: "the srt-slurm recipe of that run",
  };
}

function cannedSweep(): Problem {
  return {
    path: "mode",
    what: '"all" is the script\'s own sweep over many configurations',
    rule: "a stack runs one configuration",
    fix: "dep or tep with the numbers of one of them",
  };
}

function readNumbers(words: readonly string[]): {
  readonly numbers: Partial<Record<NumberName, number>>;
  readonly problems: readonly Problem[];
} {
  const numbers: Partial<Record<NumberName, number>> = {};
  const problems: Problem[] = [];
  words.forEach((word, i) => {
    const name = numberNames.at(i);
    if (name === undefined) return;
    const value = Number(word);
    if (word.trim() !== "" && Number.isFinite(value)) numbers[name] = value;
    else
      problems.push({
        path: name,
        what: `"${word}" is not a number`,
        rule: `argument ${i + 3} is ${name}`,
        fix: "a number",
      });
  });
  return { numbers, problems };
}

function readList(words: readonly string[]): {
  readonly concurrencies?: readonly number[];
  readonly problems: readonly Problem[];
} {
  if (words.length === 0) return { problems: [] };
  const concurrencies = words.flatMap((word) => word.trim().split(/\s+/)).map(Number);
  if (concurrencies.some((value) => !Number.isSafeInteger(value) || value < 1)) {
    return {
      problems: [
        {
          path: "concurrency list",
          what: `"${words.join(" ")}"`,
          rule: "requests in flight are whole numbers, separated by spaces",
          fix: '"512 1024"',
        },
      ],
    };
  }
  if (words.length === 1) return { concurrencies, problems: [] };
  return {
    concurrencies,
    problems: [
      {
        path: "concurrency list",
        what: `${words.length} arguments: ${words.join(" ")}`,
        rule: "the script takes exactly 11 arguments, so the list is one word",
        fix: `"${words.join(" ")}"`,
      },
    ],
  };
}

function missingNames({ mtpMode, mode, numbers, concurrencies }: SubmitArguments): readonly string[] {
  const present = new Set<string>(Object.keys(numbers));
  if (mtpMode !== undefined) present.add("mtp_mode");
  if (mode !== undefined) present.add("mode");
  if (concurrencies !== undefined) present.add("concurrency list");
  return allNames.filter((name) => !present.has(name));
}

function tooFew(count: number, missing: readonly string[]): Problem {
  return {
    path: "arguments",
    what: `${count} of 11, without ${missing.join(", ")}`,
    rule: `the script takes exactly 11: ${allNames.join(" ")}`,
    fix: `add ${missing.join(", ")}`,
  };
}
