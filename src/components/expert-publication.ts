import * as fs from "node:fs";
import { findEngine } from "../engines/engines";
import { checkPlacementFile, configMapName, type PlacementFile } from "../manifests/config-map";
import { checkObjectName } from "../manifests/object-name";
import { parseRecording, type ExpertRecording } from "../plan/expert-recording";
import { placeExperts, type PlacementBalance } from "../plan/experts";
import { findCheckpoint, type ModelShape } from "../plan/model-shape";
import { balancingModes, engineNames } from "../plan/intent";
import type { Problem } from "../problems";
import { refVersion, type ExpertPlacementRef } from "../refs";
import type { ExpertBalancerArgs } from "./expert-args";

/** What an ExpertBalancer publishes, and what it tells pools. */
export interface Publication {
  readonly file: PlacementFile;
  readonly ref: ExpertPlacementRef;
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
  ];
  if (shape === undefined) return { problems: [...problems, unknownPreset(args.preset)] };
  problems.push(...checkSlots(args, shape));
  if (problems.length > 0) return { problems };
  return args.mode === "static" ? publishPlacement(name, args, shape) : publishMode(name, args);
}

/** Nothing to load, and something to read: what the pool was told. */
function publishMode(name: string, args: ExpertBalancerArgs): Published {
  const content = `${JSON.stringify({ mode: args.mode, redundantExperts: args.redundantExperts ?? 0 })}\n`;
  const file = { ...owner(name, args), key: "balancing.json", content };
  return { design: { file, ref: placementRef(args, undefined) } };
}

function publishPlacement(name: string, args: ExpertBalancerArgs, shape: ModelShape): Published {
  const source = readRecording(args, shape);
  if ("problems" in source) return source;
  const ranks = args.expertParallelSize ?? 1;
  const slots = shape.routedExperts + (args.redundantExperts ?? 0);
  const { placement, balance } = placeExperts(source.recording, { slots, ranks });
  const content = findEngine(engineOf(args))?.placementFile?.(placement.physicalToLogical, shape);
  if (content === undefined) throw new Error(`unchecked engine ${engineOf(args)}`);
  const file = { ...owner(name, args), ...content };
  const problems = checkPlacementFile(file);
  if (problems.length > 0) return { problems };
  return { design: { file, ref: placementRef(args, { file, balance, ranks }) } };
}

function owner(name: string, { domain }: ExpertBalancerArgs): Pick<PlacementFile, "namespace" | "client" | "name"> {
  return { namespace: domain.namespace, client: domain.client, name };
}

interface StaticPlacement {
  readonly file: PlacementFile;
  readonly balance: PlacementBalance;
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
    balancednessBefore: round(placed?.balance.before ?? 0),
    balancednessAfter: round(placed?.balance.after ?? 0),
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

function checkSlots(args: ExpertBalancerArgs, shape: ModelShape): readonly Problem[] {
  if (args.mode !== "static") return [];
  const slots = shape.routedExperts + (args.redundantExperts ?? 0);
  const ranks = args.expertParallelSize ?? 0;
  if (ranks > 0 && slots % ranks === 0) return [];
  return [
    {
      path: "expertParallelSize",
      what: `${slots} expert slots over ${ranks} ranks`,
      rule: "every rank holds the same number of experts: (routed + redundant) % expert parallel size = 0",
      fix: "the pool's gpusPerWorker, and redundantExperts that divide by it",
    },
  ];
}

type Read = { readonly recording: ExpertRecording } | { readonly problems: readonly Problem[] };

function readRecording(args: ExpertBalancerArgs, shape: ModelShape): Read {
  const { recordingFile, recording: counts } = args;
  const path = recordingFile === undefined ? "recording" : "recordingFile";
  let raw: unknown = { model: args.preset, layers: counts?.length, experts: counts?.[0]?.length, counts };
  if (recordingFile !== undefined) {
    const read = readJson(recordingFile);
    if ("problems" in read) return read;
    raw = read.value;
  }
  const parsed = parseRecording(raw);
  if ("problems" in parsed) {
    return { problems: parsed.problems.map((problem) => ({ ...problem, path: `${path}: ${problem.path}` })) };
  }
  const { layers, experts } = parsed.recording;
  if (layers === shape.layers && experts === shape.routedExperts) return parsed;
  return {
    problems: [
      {
        path,
        what: `${layers} layers x ${experts} experts`,
        rule: `${args.preset} has ${shape.layers} layers and ${shape.routedExperts} routed experts`,
        fix: "a recording of this model, with a row for every layer",
      },
    ],
  };
}

function readJson(file: string): { readonly value: unknown } | { readonly problems: readonly Problem[] } {
  try {
    return { value: JSON.parse(fs.readFileSync(file, "utf8")) as unknown };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      problems: [
        {
          path: "recordingFile",
          what: `${file} cannot be read: ${reason}`,
          rule: "a recording is read at preview, from a path relative to where the program runs",
          fix: "the path of a JSON recording",
        },
      ],
    };
  }
}

function unknownPreset(preset: string): Problem {
  return {
    path: "preset",
    what: `${preset} is not a checkpoint that is known`,
    rule: "experts and layers follow from a checkpoint's shape",
    fix: "the preset of the pool's model",
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
