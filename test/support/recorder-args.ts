import type { FetchRecordingInput } from "../../src/components/fetch-recording-script";
import type { ExpertRecorderArgs } from "../../src/components/recorder-args";
import type { RecordingTask } from "../../src/engines/recording/task";
import type { ExpertPlacementRef } from "../../src/refs";
import { domain, poolRef } from "./component-args";

/** Where the recorded pool's experts sit, with what a test wants different. */
export function placementRef(changes: Partial<ExpertPlacementRef> = {}): ExpertPlacementRef {
  return {
    version: 1,
    client: "client1",
    namespace: "client1",
    engine: "sglang",
    mode: "static",
    redundantExperts: 32,
    configMap: "client1-experts-0123456789",
    key: "placement.json",
    expertParallelSize: 32,
    balancednessBefore: 0.5,
    beforeIsRecorded: true,
    balancednessAfter: 0.99,
    balancednessBound: 1,
    movedExperts: 16000,
    recordingsClaim: "recordings",
    watched: false,
    ...changes,
  };
}

/** Experts in order, without replicas. */
export const inOrder = { mode: "off", redundantExperts: 0, configMap: "", key: "", balancednessAfter: 0 } as const;
export const moving = { ...inOrder, mode: "dynamic", redundantExperts: 32 } as const;

/** A recording of client 1's decode pool. */
export function recorderArgs(changes: Partial<ExpertRecorderArgs> = {}): ExpertRecorderArgs {
  return {
    domain,
    pool: poolRef("decode"),
    experts: placementRef(),
    preset: "deepseek-r1-nvfp4",
    run: "1",
    file: "client1.experts.json",
    ...changes,
  };
}

interface RenderedJob {
  readonly spec: { readonly template: { readonly spec: RenderedPod } };
}
interface RenderedPod {
  readonly volumes: readonly object[];
  readonly containers: readonly [
    { readonly image: string; readonly env: readonly [{ readonly value: string }]; readonly volumeMounts: object[] },
  ];
}

/** The pod of a Job that a command is given. */
export function podOf({ job }: FetchRecordingInput): RenderedPod {
  return (job as RenderedJob).spec.template.spec;
}

export function taskOf(input: FetchRecordingInput): RecordingTask {
  return JSON.parse(podOf(input).containers[0].env[0].value) as RecordingTask;
}
