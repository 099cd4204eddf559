import { root } from "../engine/home";
import { runProgram } from "../engine/run-program";
import type { Measurement } from "./samples";

/**
 * What is measured in a Node of its own. Plain JavaScript against the compiled package: a TypeScript loader would cost
 * more than what is measured, and change what runs.
 */
export interface FreshProgram {
  /** Statements that run before the clock starts, for what is not to be counted; without it the start of Node counts. */
  readonly before?: string;
  /** An expression, or the promise of one. Where it is a number, it is the size of what was made. */
  readonly measured: string;
}

/** What a measured process says of itself. */
interface Said {
  readonly milliseconds: readonly number[];
  readonly peakKib: number;
  readonly size: number | null;
}

/** A measurement, and how much was made in each run where the program says so. */
export interface Made extends Measurement {
  readonly size: number;
}

/** Measures a program once in each of several fresh processes, one after the other. */
export async function cold(
  what: string,
  program: FreshProgram,
  { runs, target }: { readonly runs: number } & Pick<Measurement, "target">,
): Promise<Made> {
  const said: Said[] = [];
  for (let i = 0; i < runs; i++) said.push(await run(program, 0, 1));
  return made(what, said, target);
}

/** Measures a program several times in one fresh process, after as many runs that do not count. */
export async function warm(
  what: string,
  program: FreshProgram,
  { runs, target }: { readonly runs: number } & Pick<Measurement, "target">,
): Promise<Made> {
  return made(what, [await run(program, runs, runs)], target);
}

function made(what: string, said: readonly Said[], target: Measurement["target"]): Made {
  return {
    what,
    unit: "ms",
    values: said.flatMap(({ milliseconds }) => milliseconds),
    peakMib: said.map(({ peakKib }) => peakKib / 1024),
    size: said[0]?.size ?? 0,
    ...(target === undefined ? {} : { target }),
  };
}

async function run(program: FreshProgram, uncounted: number, counted: number): Promise<Said> {
  const args = ["-e", script(program, uncounted, counted)];
  const { code, stdout, stderr } = await runProgram(process.execPath, args, { cwd: root });
  if (code !== 0) throw new Error(`the measured program ended with ${code}:\n${stderr}`);
  return JSON.parse(stdout) as Said;
}

/** `performance.now()` counts from the start of the process. */
function script({ before, measured }: FreshProgram, uncounted: number, counted: number): string {
  return `(async () => {
    ${before ?? ""}
    const milliseconds = [];
    let size;
    for (let i = 0; i < ${uncounted + counted}; i++) {
      const begun = ${before === undefined ? "0" : "performance.now()"};
      size = await (${measured});
      if (i >= ${uncounted}) milliseconds.push(performance.now() - begun);
    }
    const peakKib = process.resourceUsage().maxRSS;
    process.stdout.write(JSON.stringify({ milliseconds, peakKib, size: typeof size === "number" ? size : null }));
  })();`;
}
