import { join } from "node:path";
import { root } from "../engine/home";
import type { FreshProgram } from "./fresh-process";

/** The programs that are measured, for a compiled package in a folder. */
export interface Programs {
  /** What every Pulumi program of Kubernetes resources loads. */
  readonly importFloor: FreshProgram;
  /** The library, where Pulumi is there already. */
  readonly importLibrary: FreshProgram;
  readonly importPlanner: FreshProgram;
  /** From the start of Node to the plan of the shipped stacks. */
  readonly plan: FreshProgram;
  readonly proof: FreshProgram;
  readonly warmPlan: FreshProgram;
  readonly warmProof: FreshProgram;
  /** `manyTimes` calls, as are the decode steps. */
  readonly predictions: FreshProgram;
  readonly decodeSteps: FreshProgram;
  /** Its size is the number of requests that were served. */
  readonly simulation: FreshProgram;
  /** Its size is that of the report, bytes. */
  readonly htmlReport: FreshProgram;
  readonly allocation: (racks: number, objective: GrowthObjective, prefill: GrowthPrefill) => FreshProgram;
}

export const growthObjectives = ["share", "trays", "cost"] as const;
export type GrowthObjective = (typeof growthObjectives)[number];
export const growthPrefills = ["separate", "shared"] as const;
export type GrowthPrefill = (typeof growthPrefills)[number];

/** Calls of what is too short to be timed alone. */
export const manyTimes = 1000;

export function programsOf(built: string): Programs {
  const load = (module: string): string => `require(${JSON.stringify(join(built, module))})`;
  const stacks = JSON.stringify(join(root, "stacks"));
  const plan = `${load("cli/plan.js")}.planDirectory(${stacks})`;
  const proof = `${load("cli/plan.js")}.planScreen(${stacks})`;
  const pulumi = `require("@pulumi/pulumi"); require("@pulumi/kubernetes");`;
  return {
    importFloor: { measured: `(() => { ${pulumi} })()` },
    importLibrary: { before: pulumi, measured: load("src/index.js") },
    importPlanner: {
      before: "",
      measured: `[${["choose-pools", "rack-proof", "plan-client", "traffic"].map((name) => load(`src/plan/${name}.js`)).join(", ")}]`,
    },
    plan: { measured: plan },
    proof: { measured: proof },
    warmPlan: { before: "", measured: plan },
    warmProof: { before: "", measured: proof },
    predictions: {
      before: `const clients = ${plan}.rack.clients; const { predictClient } = ${load("src/plan/prediction.js")};`,
      measured: repeated(
        "const { prefill, decode, workload, engine } = of(clients, i)",
        "predictClient(prefill, decode, workload)",
      ),
    },
    decodeSteps: {
      before: `const speeds = ${plan}.rack.clients.map(({ decode }) => ${load("src/plan/speed/pool-speed.js")}.decodeSpeed(decode));`,
      // Another batch and context each time, as a search asks for them.
      measured: repeated("const speed = of(speeds, i)", "speed.step(1 + (i % 900), 1000 + 7 * i)"),
    },
    simulation: {
      before: `const { clients } = ${plan}.rack; const { simulateClients, openTraffic } = ${load("cli/simulate.js")};`,
      measured: `simulateClients(clients, openTraffic, { seed: 1 }).clients
        .reduce((sum, { requests }) => sum + requests.finished, 0)`,
    },
    htmlReport: {
      measured: `${load("cli/html-report.js")}.htmlReport(${stacks}).then((text) => Buffer.byteLength(text))`,
    },
    allocation: (racks, objective, prefill) => ({
      before: allocationRequest(load, stacks, { racks, objective, prefill }),
      measured: "allocate(request).then(served)",
    }),
  };
}

/** An expression that runs a call `manyTimes`, with `i` as the count. */
function repeated(statement: string, call: string): string {
  return `(() => {
    const of = (list, i) => list[i % list.length];
    let last;
    for (let i = 0; i < ${manyTimes}; i++) { ${statement}; last = ${call}; }
    return last === undefined ? undefined : null;
  })()`;
}

/** The shipped clients on many racks: rates grow with them. HiGHS is there already, options are computed already. */
function allocationRequest(
  load: (module: string) => string,
  stacks: string,
  terms: { readonly racks: number; readonly objective: GrowthObjective; readonly prefill: GrowthPrefill },
): string {
  return `
    const { allocate } = ${load("src/plan/allocate/allocate.js")};
    const { allocationRequest, clientDemand } = ${load("src/plan/choose-pools.js")};
    const { gb200Nvl72: rack } = ${load("src/plan/rack.js")};
    const { priceTiers } = ${load("src/plan/cost.js")};
    const { clientSizing } = ${load("stacks/sized-config.js")};
    await ${load("src/plan/allocate/linear-program.js")}.loadSolver();
    const { clients } = ${load("stacks/stack-files.js")}.readStackFiles(${stacks});
    const demands = clients.map(({ config }) => {
      const workload = config.workload;
      const requestsPerSecond = ${terms.racks} * workload.requestsPerSecond;
      return clientDemand({ ...clientSizing(config), workload: { ...workload, requestsPerSecond } }, rack);
    });
    const [{ dollarsPerGpuHour }] = Object.values(priceTiers);
    const price = { dollarsPerGpuHour, billing: "rack" };
    const served = ({ allocation, problems }) => {
      if (allocation === undefined) throw new Error(JSON.stringify(problems));
    };
    const request = allocationRequest(demands, { trays: rack.trays, rack, price, ...${JSON.stringify(terms)} });`;
}
