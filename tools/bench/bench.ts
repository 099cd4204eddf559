// Measures the compiled package: times, memory, sizes, and how the allocation grows with the racks.
// usage: node tools/run.mjs tools/bench/bench.ts [--built DIRECTORY] [--quick] [--check]
//   --built  a compiled package; without it `npm run build` makes one first
//   --quick  one run instead of several, and no growth
//   --check  ends with 1 when a target is missed by more than a factor of two
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../engine/home";
import { runProgram } from "../engine/run-program";
import { cold, warm, type Made } from "./fresh-process";
import { growthTable, measureGrowth } from "./growth";
import { manyTimes, programsOf, type Programs } from "./programs";
import { measurementTable, missedBy, type Measurement } from "./samples";
import { measureSizes } from "./sizes";

/** A benchmark is not a test: machines differ, and this one may be busy. */
const tolerated = 2;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { built: { type: "string" }, quick: { type: "boolean" }, check: { type: "boolean" } },
  });
  const quick = values.quick === true;
  const built = values.built === undefined ? await build() : resolve(values.built);
  const programs = programsOf(built);
  console.log(machine());
  const measurements = [...(await measureTimes(programs, quick ? 1 : 5)), ...(await measureSizes())];
  console.log(`\n${measurementTable(measurements).join("\n")}`);
  if (!quick) await printGrowth(programs);
  const missed = measurements.filter((measurement) => missedBy(measurement) > tolerated);
  if (values.check !== true || missed.length === 0) return 0;
  console.error(`missed by more than a factor of ${tolerated}: ${missed.map(({ what }) => what).join("; ")}`);
  return 1;
}

async function build(): Promise<string> {
  const { code, stdout, stderr } = await runProgram("npm", ["run", "build"], { cwd: root });
  if (code !== 0) throw new Error(`npm run build ended with ${code}:\n${stdout}\n${stderr}`);
  return join(root, "dist");
}

/** What decides the numbers, without saying whose machine it is. */
function machine(): string {
  const cores = cpus();
  const load = loadavg()[0] ?? 0;
  return (
    `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cores.length} cores ` +
    `(${cores[0]?.model.trim() ?? "unknown"}), load ${load.toFixed(1)} when the benchmark began`
  );
}

async function measureTimes(programs: Programs, runs: number): Promise<readonly Measurement[]> {
  const each = { runs };
  const repeats = { runs: 4 * runs };
  const report = await cold("HTML report, cold", programs.htmlReport, each);
  return [
    await cold("import @pulumi/pulumi and @pulumi/kubernetes: the floor", programs.importFloor, each),
    await cold("import the library, above that floor", programs.importLibrary, each),
    await cold("import the planner alone", programs.importPlanner, each),
    await cold("both clients planned, cold: from the start of Node", programs.plan, each),
    await cold("both clients planned, proved and drawn, cold", programs.proof, {
      runs,
      target: { kind: "at most", value: 1000 },
    }),
    await warm("both clients planned, warm", programs.warmPlan, repeats),
    await warm("both clients planned, proved and drawn, warm", programs.warmProof, repeats),
    perCall(await warm("predictClient", programs.predictions, repeats)),
    perCall(await warm("one decode step", programs.decodeSteps, repeats)),
    perSecond(await warm("simulated requests of both clients, warm", programs.simulation, each)),
    report,
    { what: "HTML report, size", unit: "kB", values: [report.size / 1000] },
  ];
}

function perCall(measurement: Made): Measurement {
  return { ...measurement, unit: "us", values: measurement.values.map((value) => (1000 * value) / manyTimes) };
}

function perSecond(measurement: Made): Measurement {
  return {
    ...measurement,
    what: `${measurement.what} (${measurement.size})`,
    unit: "requests/s",
    values: measurement.values.map((milliseconds) => (1000 * measurement.size) / milliseconds),
    target: { kind: "at least", value: 100_000 },
  };
}

async function printGrowth(programs: Programs): Promise<void> {
  console.log("\nallocate(): ms of the first call, HiGHS loaded: median (fastest-slowest) of 3 processes, peak MiB");
  console.log(growthTable(await measureGrowth(programs, 3)).join("\n"));
}

main()
  .then((status) => {
    process.exitCode = status;
  })
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
