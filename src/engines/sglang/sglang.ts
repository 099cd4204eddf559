import { trivialRow } from "../../plan/experts/placement";
import { kvPageTokens } from "../../plan/memory";
import type { PoolPlan } from "../../plan/pool";
import type { Engine, EngineProcess, GroupVariables, HttpProbe, MountedFile } from "../engine";
import { checkSglang, checkSglangVersion } from "./check";
import { dialectOf, sglangVersions } from "./dialect";
import { drain } from "./drain";
import { cacheDirectory, environment, recordingDirectory } from "./environment";
import { expertLocationJson } from "./expert-location";
import { toArgs } from "./flag";
import { groupCommand, singleTrayCommand } from "./launcher";
import { launchFlags, placementDirectory } from "./launch-line";
import { bootstrapPort, httpPort, processPorts } from "./ports";
import { sglangRecordingProgram } from "./recorder";

const startupPeriodSeconds = 10;

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
    probes: {
      startup: {
        ...healthProbe,
        periodSeconds: startupPeriodSeconds,
        failureThreshold: Math.ceil(plan.startup.budgetSeconds / startupPeriodSeconds),
      },
      readiness: { ...healthProbe, periodSeconds: 10, failureThreshold: 3 },
      // A step with a full batch may keep the server from answering for seconds; the watchdog catches a stuck one.
      liveness: { ...healthProbe, periodSeconds: 30, failureThreshold: 10 },
    },
    drain: drain(plan.drainSeconds),
    files: placementFile(plan),
    configuration: [],
    ...recordingPlace(plan),
    podAnnotations: plan.role === "prefill" ? { "sglang.ai/bootstrap-port": String(bootstrapPort) } : {},
    settings: {},
  };
}

/** Without a claim a dump that somebody asks for by hand still has a place, and goes with the pod. */
function recordingPlace({ intent }: PoolPlan): Pick<EngineProcess, "scratchDirectories" | "recordings"> {
  const claim = intent.experts.recordingsClaim;
  if (claim === undefined) return { scratchDirectories: [cacheDirectory, recordingDirectory] };
  return { scratchDirectories: [cacheDirectory], recordings: { directory: recordingDirectory, claim } };
}

/** Every tray of a worker answers it: those without the HTTP server start a small one for this (entrypoints/engine.py). */
const healthProbe: HttpProbe = {
  path: "/health",
  port: httpPort,
  periodSeconds: 10,
  timeoutSeconds: 5,
  failureThreshold: 3,
};

function placementFile({ intent }: PoolPlan): readonly MountedFile[] {
  const { configMap, key } = intent.experts;
  if (configMap === undefined || key === undefined) return [];
  return [{ configMap, key, mountPath: `${placementDirectory}/${key}` }];
}
