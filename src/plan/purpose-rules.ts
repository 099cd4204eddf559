import type { Problem } from "../problems";
import type { PoolPlan } from "./pool";

/** Environment that makes a benchmark look good and a service wrong or blind (engines.md A.6, C.1, rule 8). */
const benchmarkOnlyEnvironment: Readonly<Record<string, string>> = {
  SGLANG_HACK_SEQ_BOOTSTRAP_ROOM: "assumes one benchmark client that numbers its requests",
  SGLANG_RADIX_FORCE_MISS: "throws the prefix cache away",
  SGLANG_SIMULATE_ACC_LEN: "pretends that drafts were accepted",
  TLLM_SPEC_DECODE_FORCE_NUM_ACCEPTED_TOKENS: "pretends that drafts were accepted",
  VLLM_MOE_ROUTING_SIMULATION_STRATEGY: "routes tokens to random experts, so answers are garbage",
  VLLM_RANDOMIZE_DP_DUMMY_INPUTS: "computes random tokens on idle ranks, which a benchmark wants and nobody else",
};

/** The same in arguments: vLLM's speculative config can accept drafts by dice (Dynamo recipe e: 36.5 % too good). */
const benchmarkOnlyArguments: readonly (readonly [RegExp, string])[] = [
  [/rejection_sample_method\W+synthetic|synthetic_acceptance/, "accepts drafts by dice"],
  [/uniform_random/, "routes tokens to random experts, so answers are garbage"],
];

/** A longer wait than this hides a dead peer from everybody (the published 100000 is 28 hours). */
const longestPeerTimeoutSeconds = 3600;
const peerTimeouts = [
  "SGLANG_DISAGGREGATION_BOOTSTRAP_TIMEOUT",
  "SGLANG_DISAGGREGATION_WAITING_TIMEOUT",
  "SGLANG_DISAGGREGATION_HEARTBEAT_MAX_FAILURE",
  "VLLM_NIXL_ABORT_REQUEST_TIMEOUT",
];

/** What belongs into a benchmark is refused where somebody waits for answers. */
export function checkPurpose({ intent }: PoolPlan): readonly Problem[] {
  if (intent.purpose === "benchmark") return [];
  const environment = intent.extraEnv ?? {};
  return [
    ...Object.entries(benchmarkOnlyEnvironment).flatMap(([name, why]) =>
      name in environment ? [benchmarkSwitch(`extraEnv.${name}`, why)] : [],
    ),
    ...(intent.extraArgs ?? []).flatMap((argument) =>
      benchmarkOnlyArguments
        .filter(([pattern]) => pattern.test(argument))
        .map(([, why]) => benchmarkSwitch("extraArgs", why)),
    ),
    ...peerTimeouts.flatMap((name) => checkPeerTimeout(name, Number(environment[name] ?? 0))),
  ];
}

function benchmarkSwitch(path: string, why: string): Problem {
  return {
    path,
    what: `set in a pool for production`,
    rule: `a benchmark switch: it ${why}`,
    fix: 'remove it, or say purpose "benchmark"',
  };
}

function checkPeerTimeout(name: string, seconds: number): readonly Problem[] {
  if (seconds <= longestPeerTimeoutSeconds) return [];
  return [
    {
      path: `extraEnv.${name}`,
      what: `${seconds} is above ${longestPeerTimeoutSeconds}`,
      rule: "with such a wait a dead prefill or decode worker is never noticed",
      fix: 'remove it (600 s and 2 heartbeats are rendered), or say purpose "benchmark"',
    },
  ];
}
