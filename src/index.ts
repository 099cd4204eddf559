export { ClientDomain } from "./components/client-domain";
export { ChannelAllocation, type ClientDomainArgs } from "./components/domain-args";
export { DecodePool } from "./components/decode-pool";
export {
  AttentionSplit,
  EngineName,
  KvCacheType,
  Purpose,
  type EngineArgs,
  type ModelArgs,
  type SpeculationArgs,
  type TrayResourceArgs,
  type WeightsArgs,
} from "./components/engine-args";
export { BalancingMode, type ExpertBalancerArgs } from "./components/expert-args";
export { ExpertBalancer } from "./components/expert-balancer";
export type { DecodePoolArgs, PoolArgs, PrefillPoolArgs } from "./components/pool-args";
export { PrefillPool } from "./components/prefill-pool";
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
export type { ClientPlan, Prediction, RackPlan } from "./plan/client";
export { layOutRack, planClient, type ClientRequest, type PlannedClient } from "./plan/plan-client";
export type { PoolPlan } from "./plan/pool";
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
