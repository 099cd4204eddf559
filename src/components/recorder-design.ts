import * as path from "node:path";
import { placementDirectory, recordingsDirectory } from "../engines/expert-files";
import { findEngine } from "../engines/engines";
import type { ExpertRecorder } from "../engines/engine";
import type { RecordingTask } from "../engines/recording/task";
import { recordingJob, type RecordingRequest } from "../manifests/recording-job";
import { checkObjectName } from "../manifests/object-name";
import { findCheckpoint, type ModelShape } from "../plan/model-shape";
import { rackNamed } from "../plan/rack";
import type { Problem } from "../problems";
import type { FetchRecordingInput } from "./fetch-recording-script";
import type { ExpertRecorderArgs } from "./recorder-args";
import { unknownPreset } from "./unknown-preset";

/** A recording, checked and rendered: all that is left is to ask for it. */
export interface RecorderDesign {
  readonly input: FetchRecordingInput;
  readonly warnings: readonly Problem[];
}

export type DesignedRecorder = { readonly design: RecorderDesign } | { readonly problems: readonly Problem[] };

/** What is not said of a recording. */
export const usualRecording = {
  windowSeconds: 20,
  leastWindows: 5,
  errorPercent: 1,
  limitSeconds: 900,
  margin: 0.05,
} as const;

/** A dump of a thousand steps of DeepSeek-R1 has 62 MB, which rank 0 sums up from all ranks and writes. */
const callSeconds = 60;
/** Between two looks at the Job. */
const pollSeconds = 2;
/** What the local end waits beyond the recording's own limit: a queue for the Job, an image that is pulled. */
const patienceSeconds = 900;

/** Renders the Job and what fetches its result. Pure. */
export function designRecorder(name: string, args: ExpertRecorderArgs): DesignedRecorder {
  const recorder = findEngine(args.pool.engine)?.recorder;
  const shape = findCheckpoint(args.preset)?.shape;
  const problems = [
    ...checkObjectName("name", name, longestName),
    ...checkRecorder(args, recorder),
    ...checkNumbers(args),
    ...checkTexts(args),
    ...(shape === undefined ? [unknownPreset(args.preset)] : []),
  ];
  if (problems.length > 0 || recorder === undefined || shape === undefined) return { problems };
  const job = recordingJob(requestOf(name, args, recorder, shape));
  return {
    design: {
      input: {
        job,
        namespace: args.pool.namespace,
        name: jobName(job),
        file: args.file.split(path.sep).join("/"),
        waitSeconds: measureOf(args).limitSeconds + patienceSeconds,
        pollSeconds,
        context: args.context ?? "",
      },
      warnings: args.experts.mode === "dynamic" ? [sharedRecorder] : [],
    },
  };
}

/** EPLBManager reckons with what the recorder holds, and a dump empties it (eplb_manager.py 06120cc8). */
const sharedRecorder: Problem = {
  path: "experts.mode",
  what: "dynamic, while it is recorded",
  rule: "each dump empties the recorder that the engine's own balancer reckons with, so it may place by a few seconds",
  fix: "record rarely, and go on with mode static",
};

function requestOf(
  name: string,
  args: ExpertRecorderArgs,
  recorder: ExpertRecorder,
  shape: ModelShape,
): RecordingRequest {
  const { domain, pool, experts } = args;
  return {
    namespace: pool.namespace,
    client: pool.client,
    name,
    run: args.run,
    pool: pool.name,
    image: args.image ?? pool.image,
    architecture: rackNamed(domain.hardware).architecture,
    imagePullSecrets: args.imagePullSecrets ?? [],
    serviceAccount: domain.engineServiceAccount,
    claim: experts.recordingsClaim,
    ...(experts.mode === "static" ? { placement: { configMap: experts.configMap, key: experts.key } } : {}),
    program: recorder.program,
    task: taskOf(args, recorder, shape),
  };
}

function taskOf(args: ExpertRecorderArgs, recorder: ExpertRecorder, shape: ModelShape): RecordingTask {
  const { pool, experts } = args;
  const ranks = pool.gpus / pool.workers;
  const slots = shape.routedExperts + experts.redundantExperts;
  const folder = recorder.folder(experts.mode === "static" ? experts : {});
  return {
    model: args.preset,
    layers: shape.layers,
    experts: shape.routedExperts,
    ranks,
    directory: folder === "" ? recordingsDirectory : `${recordingsDirectory}/${folder}`,
    leaders: recorder.asksLeaders ? pool.leaders : [],
    startingRow: recorder.startingRow(shape.routedExperts, slots, ranks),
    ...(experts.mode === "static" ? { placementFile: `${placementDirectory}/${experts.key}` } : {}),
    moving: experts.mode === "dynamic",
    keepRecording: experts.mode === "dynamic" || experts.watched,
    ...measureOf(args),
    callSeconds,
    promised: experts.mode === "static" ? experts.balancednessAfter : 0,
  };
}

/** Of a Job, less the dash and ten characters of its hash. */
const longestName = 52;

function jobName(job: { metadata?: unknown }): string {
  return (job.metadata as { name: string }).name;
}

function checkRecorder(args: ExpertRecorderArgs, recorder: ExpertRecorder | undefined): readonly Problem[] {
  const { pool, experts } = args;
  const problems: Problem[] = [];
  if (recorder === undefined) {
    problems.push({
      path: "pool",
      what: `a pool of ${pool.engine}`,
      rule: `${pool.engine} keeps to itself which experts it uses`,
      fix: "a recording of the same model made with sglang or trtllm: it depends on the traffic, not on the engine",
    });
  }
  if (experts.recordingsClaim === "") {
    problems.push({
      path: "experts.recordingsClaim",
      what: "none, so the pool was not started to be recorded",
      rule: "an engine without a recorder ends when it is told to record",
      fix: "recordingsClaim: <a ReadWriteMany claim> of the ExpertBalancer, which rolls the pool once",
    });
  }
  if (experts.namespace !== pool.namespace) {
    problems.push({
      path: "experts",
      what: `of namespace ${experts.namespace}, the pool is in ${pool.namespace}`,
      rule: "a recording says under which placement it was made",
      fix: "the `ref` that the pool was given",
    });
  }
  if ((args.image ?? pool.image) === "") {
    problems.push({
      path: "image",
      what: "the pool's image is an output, whose value is not known yet",
      rule: "a recording is read in the engine's image",
      fix: "the image as a string",
    });
  }
  return problems;
}

function checkNumbers(args: ExpertRecorderArgs): readonly Problem[] {
  const { windowSeconds, leastWindows, errorPercent, limitSeconds, margin } = measureOf(args);
  return [
    ...between("windowSeconds", windowSeconds, 1, 600, "a recorder keeps the newest thousand steps"),
    ...between("leastWindows", leastWindows, 2, 100, "it takes two windows to differ"),
    ...between("errorPercent", errorPercent, 0.01, 50, "half the width of a 95 % interval"),
    ...between("limitSeconds", limitSeconds, windowSeconds * leastWindows, 86400, "it must hold the fewest windows"),
    ...between("margin", margin, 0, 0.5, "a share of the promise"),
  ];
}

function measureOf(args: ExpertRecorderArgs): Record<keyof typeof usualRecording, number> {
  const names = Object.keys(usualRecording) as (keyof typeof usualRecording)[];
  const stated = names.flatMap((name) => (args[name] === undefined ? [] : [[name, args[name]] as const]));
  return { ...usualRecording, ...Object.fromEntries(stated) };
}

function between(path: string, value: number, least: number, most: number, rule: string): readonly Problem[] {
  if (value >= least && value <= most) return [];
  return [
    { path, what: `${value} is not from ${least} to ${most}`, rule, fix: `${least} to ${most}, or leave it out` },
  ];
}

function checkTexts({ run, file }: ExpertRecorderArgs): readonly Problem[] {
  const problems: Problem[] = [];
  if (run.trim() === "") {
    problems.push({
      path: "run",
      what: "empty",
      rule: "a recording is made for every new value of it",
      fix: "any text, for example the date",
    });
  }
  if (!file.endsWith(".json")) {
    problems.push({
      path: "file",
      what: `${file === "" ? "nothing" : file} is not the name of a JSON file`,
      rule: "a recording is JSON, and the file is replaced when one is made",
      fix: "for example client1.experts.json",
    });
  }
  return problems;
}
