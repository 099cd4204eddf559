import type { PoolPlan } from "../../plan/pool";
import type { Engine, EngineProcess, GroupVariables } from "../engine";
import { httpProbes } from "../probes";
import { checkVllm, checkVllmVersion } from "./check";
import { dialectOf, vllmVersions, type Dialect } from "./dialect";
import { drain, rayDrain } from "./drain";
import { addressVariables, cacheDirectory, environment } from "./environment";
import { groupCommand, singleTrayCommand } from "./launcher";
import { everyTrayServes, groupPrefix, launchArguments } from "./launch-line";
import { llmConfig } from "./llm-config";
import { httpPort, processPorts, rayPorts } from "./ports";
import { vllmWarnings } from "./warnings";

const health = "/health";

/** vLLM with prefill/decode disaggregation: as a role of a Ray Serve application, or one server per tray. */
export const vllm: Engine = {
  name: "vllm",
  versions: vllmVersions,
  orchestrators: ["ray-serve", "leader-worker-set"],
  httpPort,
  // NIXL's peers find each other by what the router passes on, not by a service.
  bootstrapPort: 0,
  checkVersion: checkVllmVersion,
  check: checkVllm,
  warnings: vllmWarnings,
  process: vllmProcess,
  // The attention backend picks it.
  pageTokens: 0,
  hardware: ["gb200-nvl72", "hgx-h200"],
  leastSharedMemoryGib: () => 0,
  servesFrom: (plan) => (everyTrayServes(plan) ? "every tray" : "leader"),
};

function vllmProcess(plan: PoolPlan, group: GroupVariables): EngineProcess {
  const dialect = dialectOf(plan.intent.engineVersion);
  if (dialect === undefined) throw new Error(`unchecked engine version ${plan.intent.engineVersion}`);
  return plan.intent.orchestrator === "ray-serve" ? rayProcess(plan, dialect) : serverProcess(plan, dialect, group);
}

function serverProcess(plan: PoolPlan, dialect: Dialect, group: GroupVariables): EngineProcess {
  const grouped = plan.parallel.nodes > 1;
  return {
    command: grouped ? groupCommand : singleTrayCommand,
    args: [...(grouped ? groupPrefix(group) : []), ...launchArguments(plan, dialect), ...(plan.intent.extraArgs ?? [])],
    env: environment(plan, dialect),
    ports: processPorts(plan),
    // Every tray answers, with its own server or by the launcher in place of a headless engine; a dead engine says 503.
    probes: httpProbes({ startup: health, readiness: health, liveness: health }, httpPort, plan.startup),
    drain: drain(plan.drainSeconds, everyTrayServes(plan)),
    files: [],
    configuration: [],
    scratchDirectories: [cacheDirectory],
    podAnnotations: {},
    settings: {},
  };
}

/**
 * A node of the Ray cluster: KubeRay writes its command (`ray start`) and probes. Ray Serve drains replicas that it
 * redeploys; a pod that is deleted waits by itself. What the engine needs is in `settings`; only addresses are the pod's.
 */
function rayProcess(plan: PoolPlan, dialect: Dialect): EngineProcess {
  return {
    command: [],
    args: [],
    env: [...addressVariables(), { name: "PYTHONUNBUFFERED", value: "1" }],
    ports: rayPorts(plan),
    drain: rayDrain("own", plan.drainSeconds),
    files: [],
    configuration: [],
    scratchDirectories: [cacheDirectory],
    podAnnotations: {},
    settings: llmConfig(plan, dialect),
  };
}
