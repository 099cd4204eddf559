import { checkpoints, findCheckpoint } from "../plan/model-shape";
import type { Engine } from "../engines/engine";
import { findEngine } from "../engines/engines";
import {
  balancingModes,
  engineNames,
  orchestrators,
  type DecodeIntent,
  type ExpertBalancing,
  type ExpertIntent,
  type Orchestrator,
  type PlacedExperts,
  type PoolIntentCommon,
  type PrefillIntent,
} from "../plan/intent";
import { usualAcceptedTokens } from "../plan/speed/engine-scale";
import type { Problem } from "../problems";
import type { ExpertPlacementRef } from "../refs";
import type { EngineArgs } from "./engine-args";
import type { DecodePoolArgs, PoolArgs, PrefillPoolArgs } from "./pool-args";

/** A local NVMe drive; every tray of a GB200 rack has several. */
const usualReadGibPerSecond = 5;
const usualTokensPerForward = 16384;

/** Problems that keep arguments from being an intent at all. Paths are relative to the pool's arguments. */
export function checkPoolArgs(args: PoolArgs): readonly Problem[] {
  const problems: Problem[] = [...checkEngineName(args.engine)];
  if (findCheckpoint(args.model.preset) === undefined) {
    problems.push({
      path: "model.preset",
      what: `${args.model.preset} is not a checkpoint that is known`,
      rule: "memory and flags follow from a checkpoint's shape",
      fix: Object.keys(checkpoints).join(", "),
    });
  }
  return args.experts === undefined ? problems : [...problems, ...checkPlacement(args, args.experts)];
}

/** Is there such an engine, and can what is asked for run it? */
function checkEngineName({ name, orchestrator }: EngineArgs): readonly Problem[] {
  const engine = findEngine(name);
  if (engine === undefined) {
    return [
      {
        path: "engine.name",
        what: `${name} is not an engine of this library`,
        rule: "flags, ports and probes are rendered per engine",
        fix: engineNames.join(", "),
      },
    ];
  }
  const known: readonly string[] = engine.orchestrators;
  if (orchestrator === undefined || known.includes(orchestrator)) return [];
  return [
    {
      path: "engine.orchestrator",
      what: `${orchestrator} with ${name}`,
      rule: `${name} is run by ${known.join(" or ")}`,
      fix: `leave it out (${known[0] ?? ""})`,
    },
  ];
}

/** Does a placement fit the pool that it is passed to? */
function checkPlacement({ domain, engine, gpusPerWorker }: PoolArgs, experts: ExpertPlacementRef): readonly Problem[] {
  const problems: Problem[] = [];
  const modes: readonly string[] = balancingModes;
  if (!modes.includes(experts.mode)) {
    problems.push({
      path: "experts.mode",
      what: `${experts.mode} is not a way of balancing`,
      rule: "a pool takes the `ref` of an ExpertBalancer as it is",
      fix: balancingModes.join(", "),
    });
  }
  if (experts.mode === "static" && experts.engine !== engine.name) {
    problems.push({
      path: "experts",
      what: `a placement in ${experts.engine}'s format, the pool runs ${engine.name}`,
      rule: "every engine reads placements in a format of its own",
      fix: `an ExpertBalancer with engine ${engine.name}`,
    });
  }
  if (experts.namespace !== domain.namespace) {
    problems.push({
      path: "experts",
      what: `a placement in namespace ${experts.namespace}, the pool is in ${domain.namespace}`,
      rule: "a pod reads files of its own namespace only",
      fix: `an ExpertBalancer of ${domain.client}`,
    });
  }
  if (experts.expertParallelSize !== 0 && experts.expertParallelSize !== gpusPerWorker) {
    problems.push({
      path: "experts",
      what: `the placement is for ${experts.expertParallelSize} ranks, a worker has ${gpusPerWorker}`,
      rule: "slots belong to ranks, so a placement fits one expert-parallel size",
      fix: `an ExpertBalancer with expertParallelSize ${gpusPerWorker}`,
    });
  }
  return problems;
}

/** Call only with arguments that `checkPoolArgs` has no problem with. */
export function prefillIntent(args: PrefillPoolArgs): PrefillIntent {
  return {
    ...commonIntent(args),
    role: "prefill",
    tokensPerForwardPerRank: args.tokensPerForwardPerRank ?? usualTokensPerForward,
    runningRequestsPerRank: args.runningRequestsPerRank,
    prefillTokensPerRank: args.prefillTokensPerRank,
  };
}

/** Call only with arguments that `checkPoolArgs` has no problem with. */
export function decodeIntent(args: DecodePoolArgs): DecodeIntent {
  return {
    ...commonIntent(args),
    role: "decode",
    batchPerRank: args.batchPerRank,
    dispatchTokensPerRank: args.dispatchTokensPerRank,
    graphBatchSizes: args.graphBatchSizes,
    reservedDecodeTokens: args.reservedDecodeTokens,
  };
}

function commonIntent(args: PoolArgs): PoolIntentCommon {
  const checkpoint = findCheckpoint(args.model.preset);
  const engine = findEngine(args.engine.name);
  if (checkpoint === undefined) throw new Error(`unchecked preset ${args.model.preset}`);
  if (engine === undefined) throw new Error(`unchecked engine ${args.engine.name}`);
  const { claim, hostPath, path, readGibPerSecond = usualReadGibPerSecond } = args.model.weights;
  const { speculation } = args;
  return {
    client: args.domain.client,
    checkpoint,
    engine: engine.name,
    engineVersion: args.engine.version,
    orchestrator: orchestratorOf(engine, args.engine),
    workers: args.workers,
    gpusPerWorker: args.gpusPerWorker,
    attention: args.attention ?? "data",
    expertSplit: args.expertSplit,
    inputTokens: args.inputTokens,
    outputTokens: args.outputTokens,
    contextTokens: args.contextTokens,
    kvCacheType: args.kvCacheType ?? "fp8",
    kvTokensPerRank: args.kvTokensPerRank,
    experts: expertIntent(args.experts),
    speculation: speculation && {
      draftTokens: speculation.draftTokens,
      acceptedTokens: speculation.acceptedTokens ?? usualAcceptedTokens(speculation.draftTokens),
    },
    staticMemoryFraction: args.staticMemoryFraction,
    drainSeconds: args.drainSeconds,
    weights: { claim, hostPath, path, readGibPerSecond },
    purpose: args.purpose ?? "production",
    extraArgs: args.extraArgs,
    extraEnv: args.extraEnv,
  };
}

function orchestratorOf(engine: Engine, args: EngineArgs): Orchestrator {
  return orchestrators.find((known) => known === args.orchestrator) ?? engine.orchestrators[0];
}

function expertIntent(ref: ExpertPlacementRef | undefined): ExpertIntent {
  if (ref === undefined) return { balancing: "off", redundantExperts: 0 };
  return {
    balancing: ref.mode as ExpertBalancing,
    redundantExperts: ref.redundantExperts,
    ...(ref.mode === "static" ? { configMap: ref.configMap, key: ref.key, placed: placedExperts(ref) } : {}),
    ...(ref.recordingsClaim === "" ? {} : { recordingsClaim: ref.recordingsClaim }),
    ...(ref.watched ? { watched: true } : {}),
  };
}

function placedExperts(ref: ExpertPlacementRef): PlacedExperts {
  return {
    before: ref.balancednessBefore,
    beforeIsRecorded: ref.beforeIsRecorded,
    after: ref.balancednessAfter,
    bound: ref.balancednessBound,
    moved: ref.movedExperts,
  };
}
