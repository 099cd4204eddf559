import { findEngine } from "../engines/engines";
import { checkPlacementFile, configMapName, type PlacementFile } from "../manifests/config-map";
import { checkObjectName } from "../manifests/object-name";
import type { PrometheusRule } from "../manifests/expert-drift-rule";
import type { ExpertRecording } from "../plan/experts/recording";
import { keptOrBetter, type ChosenPlacement } from "../plan/experts/change";
import { checkPlacementRequest, placementWarnings } from "../plan/experts/rules";
import type { PlacementRequest } from "../plan/experts/place-experts";
import { findCheckpoint, type ModelShape } from "../plan/model-shape";
import { balancingModes, engineNames } from "../plan/intent";
import type { Problem } from "../problems";
import { refVersion, type ExpertPlacementRef } from "../refs";
import { checkDrift, driftRule } from "./drift-watch";
import type { ExpertBalancerArgs } from "./expert-args";
import { readRecording } from "./recording-source";
import { unknownPreset } from "./unknown-preset";

/** What an ExpertBalancer publishes, and what it tells pools. */
export interface Publication {
  readonly file: PlacementFile;
  readonly ref: ExpertPlacementRef;
  /** Alert on drift, where it is asked for. */
  readonly rule?: PrometheusRule;
  readonly warnings: readonly Problem[];
  /** What a reader may wonder about, and need not do anything about. */
  readonly notes: readonly string[];
}

export type Published = { readonly design: Publication } | { readonly problems: readonly Problem[] };

/** Computes the placement. Reads the recording, and nothing else of the world. */
export function publish(name: string, args: ExpertBalancerArgs): Published {
  const shape = findCheckpoint(args.preset)?.shape;
  const problems = [
    ...checkObjectName("name", name, longestName),
    ...checkFormat(args),
    ...checkMode(args),
    ...checkSources(args),
    ...checkDrift(args),
    ...checkRecordings(args),
  ];
  if (shape === undefined) return { problems: [...problems, unknownPreset(args.preset)] };
  if (args.mode === "static") problems.push(...checkPlacementRequest(sizeOf(args, shape), shape.routedExperts));
  if (problems.length > 0) return { problems };
  return args.mode === "static" ? publishPlacement(name, args, shape) : publishMode(name, args, shape);
}

/** Nothing to load, and something to read: what the pool was told. */
function publishMode(name: string, args: ExpertBalancerArgs, shape: ModelShape): Published {
  const content = `${JSON.stringify({ mode: args.mode, redundantExperts: args.redundantExperts ?? 0 })}\n`;
  const file = { ...owner(name, args), key: "balancing.json", content };
  return {
    design: { file, ref: placementRef(args, undefined), warnings: [], notes: [], ...driftRule(name, args, shape, 1) },
  };
}

function publishPlacement(name: string, args: ExpertBalancerArgs, shape: ModelShape): Published {
  const source = readRecording(args, shape);
  if ("problems" in source) return source;
  const request = placementRequest(args, shape, source.recording);
  const problems = checkPlacementRequest(request, shape.routedExperts, shape.layers);
  if (problems.length > 0) return { problems };
  const chosen = keptOrBetter(source.recording, request, args.leastGain ?? usualLeastGain);
  const content = findEngine(engineOf(args))?.placementFile?.(chosen.placement.physicalToLogical, shape);
  if (content === undefined) throw new Error(`unchecked engine ${engineOf(args)}`);
  const file = { ...owner(name, args), ...content };
  const tooLarge = checkPlacementFile(file);
  if (tooLarge.length > 0) return { problems: tooLarge };
  return {
    design: {
      file,
      ref: placementRef(args, { file, chosen, ranks: request.ranks }),
      warnings: placementWarnings(chosen, request),
      notes: keptNote(chosen),
      ...driftRule(name, args, shape, chosen.balance.after),
    },
  };
}

/**
 * A roll costs minutes of a pool. And a placement fits the noise of its own recording: two recordings of the same traffic,
 * each known to 1 %, promise each other's successor a gain of up to 1.3 % that is none (measured with 32 to 72 ranks).
 */
const usualLeastGain = 0.02;

function keptNote({ kept, balance, reachable }: ChosenPlacement): readonly string[] {
  if (!kept || reachable <= balance.after) return [];
  const [has, could] = [balance.after.toFixed(4), reachable.toFixed(4)];
  return [`the recorded placement stays: its balance of ${has} could be ${could}, too little for a roll (leastGain)`];
}

function placementRequest(
  args: ExpertBalancerArgs,
  shape: ModelShape,
  { placement }: ExpertRecording,
): PlacementRequest {
  return { ...sizeOf(args, shape), ...(placement === undefined ? {} : { current: placement }) };
}

function sizeOf(args: ExpertBalancerArgs, shape: ModelShape): Pick<PlacementRequest, "slots" | "ranks"> {
  return { slots: shape.routedExperts + (args.redundantExperts ?? 0), ranks: args.expertParallelSize ?? 0 };
}

function owner(name: string, { domain }: ExpertBalancerArgs): Pick<PlacementFile, "namespace" | "client" | "name"> {
  return { namespace: domain.namespace, client: domain.client, name };
}

interface StaticPlacement {
  readonly file: PlacementFile;
  readonly chosen: ChosenPlacement;
  readonly ranks: number;
}

function placementRef(args: ExpertBalancerArgs, placed: StaticPlacement | undefined): ExpertPlacementRef {
  return {
    version: refVersion,
    client: args.domain.client,
    namespace: args.domain.namespace,
    engine: engineOf(args),
    mode: args.mode,
    redundantExperts: args.redundantExperts ?? 0,
    configMap: placed === undefined ? "" : configMapName(placed.file),
    key: placed?.file.key ?? "",
    expertParallelSize: placed?.ranks ?? 0,
    balancednessBefore: round(placed?.chosen.balance.before ?? 0),
    beforeIsRecorded: placed?.chosen.recording.placement !== undefined,
    balancednessAfter: round(placed?.chosen.balance.after ?? 0),
    balancednessBound: round(placed?.chosen.balance.bound ?? 0),
    movedExperts: placed?.chosen.moved ?? 0,
    recordingsClaim: args.recordingsClaim ?? "",
    watched: args.drift !== undefined,
  };
}

/** Of a ConfigMap, less the dash and ten characters of its content's hash. */
const longestName = 52;

function engineOf({ engine = "sglang" }: ExpertBalancerArgs): string {
  return engine;
}

function checkFormat(args: ExpertBalancerArgs): readonly Problem[] {
  const engine = findEngine(engineOf(args));
  if (engine === undefined) {
    return [
      {
        path: "engine",
        what: `${engineOf(args)} is not an engine of this library`,
        rule: "a placement is published in the engine's own format",
        fix: engineNames.join(", "),
      },
    ];
  }
  if (args.mode !== "static" || engine.placementFile !== undefined) return [];
  return [
    {
      path: "mode",
      what: `static with ${engine.name}`,
      rule: `${engine.name} starts with experts in order and cannot load a placement`,
      fix: "dynamic, or off",
    },
  ];
}

function checkMode({ mode, redundantExperts = 0 }: ExpertBalancerArgs): readonly Problem[] {
  const problems: Problem[] = [];
  const modes: readonly string[] = balancingModes;
  if (!modes.includes(mode)) {
    problems.push({
      path: "mode",
      what: `${mode} is not a way of balancing`,
      rule: "experts sit where a recording says, where the engine moves them, or in order",
      fix: balancingModes.join(", "),
    });
  }
  if (!Number.isInteger(redundantExperts) || redundantExperts < 0) {
    problems.push({
      path: "redundantExperts",
      what: `${redundantExperts} is not a number of experts`,
      rule: "redundant experts are whole replicas",
      fix: "0 or more",
    });
  }
  return problems;
}

function checkSources(args: ExpertBalancerArgs): readonly Problem[] {
  const sources = [args.recordingFile, args.recording].filter((source) => source !== undefined).length;
  if (args.mode === "static" && sources !== 1) {
    return [
      {
        path: "recordingFile",
        what: `${sources} recordings`,
        rule: "a static placement is computed from exactly one",
        fix: "recordingFile: <JSON>, or recording: <counts>; without any, mode dynamic",
      },
    ];
  }
  if (args.mode !== "static" && sources > 0) {
    return [
      {
        path: "mode",
        what: `a recording with mode ${args.mode}`,
        rule: "only a static placement is computed from a recording",
        fix: "mode static, or no recording",
      },
    ];
  }
  return [];
}

/** Claims are named like DNS domains, in labels and dots (RFC 1123). */
const claimName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

function checkRecordings({ recordingsClaim, leastGain = usualLeastGain }: ExpertBalancerArgs): readonly Problem[] {
  const problems: Problem[] = [];
  if (recordingsClaim !== undefined && (!claimName.test(recordingsClaim) || recordingsClaim.length > 253)) {
    problems.push({
      path: "recordingsClaim",
      what: `"${recordingsClaim}" is no name of a PersistentVolumeClaim`,
      rule: "lower-case letters, digits, dashes and dots, at most 253 characters",
      fix: "the name of a claim in the client's namespace",
    });
  }
  if (!(leastGain >= 0)) {
    problems.push({
      path: "leastGain",
      what: `${leastGain} is not a share of balance`,
      rule: "a new placement that gains less than this changes nothing",
      fix: "for example 0.02, or 0 for any gain",
    });
  }
  return problems;
}

function round(value: number): number {
  return Math.round(value * 10000) / 10000;
}
