import type { PoolPlan } from "../../plan/pool";
import type { Engine, EngineProcess } from "../engine";
import { placementFiles } from "../expert-files";
import { httpProbes } from "../probes";
import { checkTrtllm, checkTrtllmVersion } from "./check";
import { dialectOf, trtllmVersions } from "./dialect";
import { engineArgsKey, engineArgsPath, engineArgsYaml } from "./engine-args";
import { cacheDirectory, environment } from "./environment";
import { tokensPerBlock } from "./kv-cache";
import { launchArgs, workerCommand } from "./launch-line";
import { movingExpertsGib } from "./load-balancer";
import { loadBalancerYaml, startingRow } from "./load-balancer-file";
import { processPorts, systemPort } from "./ports";
import { recordingFolder, recordingPlace, trtllmRecordingProgram } from "./recorder";
import { trtllmWarnings } from "./warnings";

/**
 * Of the leader; the operator takes them from a worker's other trays and asks those for their sshd. Its own defaults
 * wait two hours for the start and restart a worker after one answer that takes four seconds (component_worker.go,
 * 015d780b).
 */
const probePaths = { startup: "/live", readiness: "/health", liveness: "/live" } as const;

/** After its grace period a worker hands over what is still being sent, for 30 s, and frees its engine, for up to 30 s. */
const cleanUpSeconds = 60;

/**
 * sshd on the trays of a worker changes its user and its root for every connection, and the operator writes its keys below
 * HOME, which may be another user's. Only where an image runs as root; another user's sshd needs none and gets none.
 */
const sshCapabilities: readonly string[] = ["DAC_OVERRIDE", "SETGID", "SETUID", "SYS_CHROOT"];

/** TensorRT-LLM under Dynamo, one worker process group per pool member; the operator starts it and spans it over trays. */
export const trtllm: Engine = {
  name: "trtllm",
  versions: trtllmVersions,
  orchestrators: ["dynamo"],
  // Workers take requests from the frontend by Dynamo's own protocol; over HTTP they tell how they are.
  httpPort: systemPort,
  bootstrapPort: 0,
  checkVersion: checkTrtllmVersion,
  check: checkTrtllm,
  warnings: trtllmWarnings,
  process: trtllmProcess,
  servesFrom: () => "leader",
  pageTokens: tokensPerBlock,
  hardware: ["gb200-nvl72"],
  leastSharedMemoryGib: movingExpertsGib,
  placementFile: (placement, shape) => ({
    key: "placement.yaml",
    content: loadBalancerYaml(placement, placement[0]?.length ?? 0, shape),
  }),
  recorder: { folder: recordingFolder, program: trtllmRecordingProgram, startingRow, asksLeaders: false },
};

function trtllmProcess(plan: PoolPlan): EngineProcess {
  const dialect = dialectOf(plan.intent.engineVersion);
  if (dialect === undefined) throw new Error(`unchecked engine version ${plan.intent.engineVersion}`);
  return {
    command: workerCommand,
    args: [...launchArgs(plan, dialect), ...(plan.intent.extraArgs ?? [])],
    env: environment(plan, dialect),
    ports: processPorts(plan),
    probes: httpProbes(probePaths, systemPort, plan.startup),
    endSeconds: plan.drainSeconds + cleanUpSeconds,
    ...(plan.parallel.nodes > 1 ? { capabilities: sshCapabilities } : {}),
    files: placementFiles(plan),
    configuration: [{ key: engineArgsKey, content: engineArgsYaml(plan, dialect), mountPath: engineArgsPath }],
    scratchDirectories: [cacheDirectory],
    ...recordingPlace(plan),
    podAnnotations: {},
    settings: {},
  };
}
