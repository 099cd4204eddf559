export { ClientDomain } from "./components/client-domain";
export { ChannelAllocation, Hardware, type ClientDomainArgs } from "./components/domain-args";
export { DecodePool } from "./components/decode-pool";
export {
  AttentionSplit,
  EngineName,
  ExpertSplit,
  KvCacheType,
  Orchestrator,
  Purpose,
  type EngineArgs,
  type ModelArgs,
  type SpeculationArgs,
  type TrayResourceArgs,
  type WeightsArgs,
} from "./components/engine-args";
export { BalancingMode, type DriftArgs, type ExpertBalancerArgs } from "./components/expert-args";
export { ExpertBalancer } from "./components/expert-balancer";
export { ExpertRecorder } from "./components/expert-recorder";
export type { DecodePoolArgs, PoolArgs, PrefillPoolArgs } from "./components/pool-args";
export { PrefillPool } from "./components/prefill-pool";
export type { ExpertRecorderArgs } from "./components/recorder-args";
export { Router } from "./components/router";
export type {
  RouterArgs,
  RouterAuthArgs,
  RouterCircuitBreakerArgs,
  RouterLimitArgs,
  RouterRetryArgs,
  RouterTimeoutArgs,
  SecretKeyArgs,
} from "./components/router-args";
export type { ClientPlan, LoadedPrediction, Prediction, RackPlan } from "./plan/client";
export type { ClientSizing, PoolSizes, RunningSizes, WantedPool } from "./plan/choose-pools";
export type { DecodeIntent, PrefillIntent } from "./plan/intent";
export { checkpoints, type Checkpoint } from "./plan/model-shape";
export { layOutRack, planClient, type ClientRequest, type PlannedClient } from "./plan/plan-client";
export { planRack, type PlannedRack, type RackTerms } from "./plan/plan-rack";
export type { PoolPlan } from "./plan/pool";
export type { RackProof } from "./plan/rack-proof";
export { decodeStep, type DecodeStep, type DecodeWorker } from "./plan/speed/decode-step";
export { prefillPassMilliseconds, type PrefillWorker } from "./plan/speed/prefill-pass";
export { simulateTraffic, type ClientTraffic } from "./plan/traffic";
export type { Slo, Workload } from "./plan/workload";
export { gb200Nvl72, type RackShape } from "./plan/rack";
export { RefusedError, type Problem } from "./problems";
export {
  parseAllocation,
  parseDomainRef,
  parsePoolRef,
  refVersion,
  type Allocation,
  type ClientAllocation,
  type DomainRef,
  type ExpertPlacementRef,
  type PoolRef,
  type RouterRef,
} from "./refs";
