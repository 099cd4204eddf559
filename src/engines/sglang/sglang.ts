import { trivialRow } from "../../plan/experts/placement";
import { kvPageTokens } from "../../plan/memory";
import type { PoolPlan } from "../../plan/pool";
import type { Engine, EngineProcess, GroupVariables } from "../engine";
import { placementFiles, recordingsDirectory } from "../expert-files";
import { httpProbes } from "../probes";
import { checkSglang, checkSglangVersion } from "./check";
import { dialectOf, sglangVersions } from "./dialect";
import { drain } from "./drain";
import { cacheDirectory, environment } from "./environment";
import { expertLocationJson } from "./expert-location";
import { toArgs } from "./flag";
import { groupCommand, singleTrayCommand } from "./launcher";
import { launchFlags } from "./launch-line";
import { bootstrapPort, httpPort, processPorts } from "./ports";
import { sglangRecordingProgram } from "./recorder";

const health = "/health";

/** SGLang with prefill/decode disaggregation, one launcher process per tray. */
export const sglang: Engine = {
  name: "sglang",
  versions: sglangVersions,
  orchestrators: ["leader-worker-set"],
  httpPort,
  bootstrapPort,
  checkVersion: checkSglangVersion,
  check: checkSglang,
  warnings: () => [],
  process: sglangProcess,
  servesFrom: () => "leader",
  pageTokens: kvPageTokens,
  hardware: ["gb200-nvl72"],
  leastSharedMemoryGib: () => 0,
  placementFile: (placement) => ({ key: "placement.json", content: expertLocationJson(placement) }),
  recorder: { folder: () => "", program: sglangRecordingProgram, startingRow: trivialRow, asksLeaders: true },
};

function sglangProcess(plan: PoolPlan, group: GroupVariables): EngineProcess {
  const dialect = dialectOf(plan.intent.engineVersion);
  if (dialect === undefined) throw new Error(`unchecked engine version ${plan.intent.engineVersion}`);
  return {
    command: plan.parallel.nodes > 1 ? groupCommand : singleTrayCommand,
    args: [...toArgs(launchFlags(plan, dialect, group)), ...(plan.intent.extraArgs ?? [])],
    env: environment(plan, dialect),
    ports: processPorts(plan.role),
    // Every tray of a worker answers: those without the HTTP server start a small one for it (entrypoints/engine.py).
    probes: httpProbes({ startup: health, readiness: health, liveness: health }, httpPort, plan.startup),
    drain: drain(plan.drainSeconds),
    files: placementFiles(plan),
    configuration: [],
    ...recordingPlace(plan),
    podAnnotations: plan.role === "prefill" ? { "sglang.ai/bootstrap-port": String(bootstrapPort) } : {},
    settings: {},
  };
}

/** Without a claim a dump that somebody asks for by hand still has a place, and goes with the pod. */
function recordingPlace({ intent }: PoolPlan): Pick<EngineProcess, "scratchDirectories" | "recordings"> {
  const claim = intent.experts.recordingsClaim;
  if (claim === undefined) return { scratchDirectories: [cacheDirectory, recordingsDirectory] };
  return { scratchDirectories: [cacheDirectory], recordings: { directory: recordingsDirectory, claim } };
}
