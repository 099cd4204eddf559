import * as path from "node:path";
import { findEngine } from "../src/engines/engines";
import { designPool } from "../src/components/pool-design";
import { decodeIntent } from "../src/components/pool-intent";
import type { ExpertRecorderArgs } from "../src/components/recorder-args";
import { designRecorder } from "../src/components/recorder-design";
import { below, type Problem } from "../src/problems";
import type { DomainRef, ExpertPlacementRef } from "../src/refs";
import { decodeArgs } from "./client-args";
import type { SizedClientConfig } from "./config";

export type RecorderRefs = Pick<ExpertRecorderArgs, "domain" | "pool" | "experts">;

/** What the recorders of a client share. The file is relative to where the program runs, as they want it. */
function recorderArgs(config: SizedClientConfig, refs: RecorderRefs): Omit<ExpertRecorderArgs, "run" | "file"> {
  const { windowSeconds, leastWindows, errorPercent, limitSeconds, margin } = config.experts.record ?? {};
  const { imagePullSecrets } = config.engine;
  const { context } = config.cluster;
  const optional = { windowSeconds, leastWindows, errorPercent, limitSeconds, margin, imagePullSecrets, context };
  return {
    ...refs,
    preset: config.model.preset,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as typeof optional),
  };
}

/** The recording that is asked for, if one is. */
export function recordingArgs(
  config: SizedClientConfig,
  refs: RecorderRefs,
  directory: string,
): ExpertRecorderArgs | undefined {
  const { record, recording } = config.experts;
  if (record?.run === undefined || recording === undefined) return undefined;
  return { ...recorderArgs(config, refs), run: record.run, file: path.join(directory, recording) };
}

/** The recording that holds a placement against its promise: one for each placement. */
export function verificationArgs(
  config: SizedClientConfig,
  refs: RecorderRefs,
  directory: string,
): ExpertRecorderArgs | undefined {
  const { record, recording, mode } = config.experts;
  if (record?.verify !== true || mode !== "static" || recording === undefined) return undefined;
  const file = path.join(directory, recording.replace(/(\.json)?$/, ".verified.json"));
  return { ...recorderArgs(config, refs), run: refs.experts.configMap, file };
}

/**
 * What would keep a recording from being made, or drift from being seen, said before anything is registered. Other
 * problems of the pool are told elsewhere.
 */
export function checkRecordings(
  config: SizedClientConfig,
  domain: DomainRef,
  experts: ExpertPlacementRef,
): readonly Problem[] {
  const { record, recording, drift } = config.experts;
  if (record === undefined && drift === undefined) return [];
  if (recording === undefined && (record?.run !== undefined || record?.verify === true)) return [noFile];
  if (record?.verify === true && findEngine(config.engine.name)?.recorder?.asksLeaders === false) return [onceOnly];
  const pool = designPool(`${config.client}-decode`, decodeArgs(config, domain, experts), decodeIntent);
  if ("problems" in pool) return pool.problems.filter(({ path: where }) => unableOf.test(where));
  const refs = { domain, pool: pool.design.ref, experts };
  const asked = [recordingArgs(config, refs, "."), verificationArgs(config, refs, ".")];
  return asked.flatMap((args) => {
    if (args === undefined) return [];
    const designed = designRecorder(`${config.client}-experts-record`, args);
    return "problems" in designed ? below("experts.record", designed.problems) : [];
  });
}

/** Where an engine says that it cannot be recorded or watched. */
const unableOf = /^experts\.(recordingsClaim|drift)$/;

const onceOnly: Problem = {
  path: "experts.record.verify",
  what: "with an engine that records once after each start",
  rule: "what it wrote after the roll is taken by the first who asks",
  fix: "leave it out; a new run after the roll says whether the placement keeps its promise",
};

const noFile: Problem = {
  path: "experts.recording",
  what: "no file, and recordings are asked for",
  rule: "a recording becomes the file that the placement is computed from",
  fix: "recording: <client>.experts.json",
};
