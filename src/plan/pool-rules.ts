import type { Problem } from "../problems";
import { dispatchedTokens, largestDispatchTokens } from "./dispatch";
import { headroomGib, kvPageTokens, staticFraction } from "./memory";
import type { DecodeIntent, PrefillIntent } from "./intent";
import type { PoolPlan } from "./pool";
import { checkPurpose } from "./purpose-rules";
import { checkWeights } from "./weight-rules";

export function checkPrefill(plan: PoolPlan, intent: PrefillIntent): readonly Problem[] {
  const problems: Problem[] = [...checkCommon(plan)];
  const { tokensPerForwardPerRank } = intent;
  if (
    !Number.isInteger(tokensPerForwardPerRank) ||
    tokensPerForwardPerRank < kvPageTokens ||
    tokensPerForwardPerRank % kvPageTokens !== 0
  ) {
    problems.push({
      path: "tokensPerForwardPerRank",
      what: `${tokensPerForwardPerRank} is not a whole number of KV pages`,
      rule: `a rank's chunk is computed in pages of ${kvPageTokens} tokens, and the engine checks it after dividing by the ranks`,
      fix: `${Math.max(kvPageTokens, Math.round(tokensPerForwardPerRank / kvPageTokens) * kvPageTokens)}`,
    });
  }
  if (plan.kvTokensPerRank < plan.tokensPerForwardPerRank) {
    problems.push({
      path: "kvTokensPerRank",
      what: `${plan.kvTokensPerRank} KV tokens are fewer than the ${plan.tokensPerForwardPerRank} of one forward pass`,
      rule: "a pass writes the KV of all its tokens before any of it is sent to decode",
      fix: `at least ${plan.tokensPerForwardPerRank}; 8 passes (${8 * plan.tokensPerForwardPerRank}) keep transfers off the critical path`,
    });
  }
  if (plan.prefillTokensPerRank < plan.tokensPerForwardPerRank) {
    problems.push({
      path: "prefillTokensPerRank",
      what: `${plan.prefillTokensPerRank} admits less than the ${plan.tokensPerForwardPerRank} tokens of a pass`,
      rule: "tokens per pass = min(admission, chunk); neither is divided once it is per rank",
      fix: `${plan.tokensPerForwardPerRank}, or leave it out`,
    });
  }
  return problems;
}

export function checkDecode(plan: PoolPlan, intent: DecodeIntent): readonly Problem[] {
  const problems: Problem[] = [...checkCommon(plan)];
  if (!Number.isInteger(intent.batchPerRank) || intent.batchPerRank < 1) {
    problems.push({
      path: "batchPerRank",
      what: `${intent.batchPerRank} is not a batch`,
      rule: "a rank decodes at least one request",
      fix: "1 or more",
    });
    return problems;
  }
  problems.push(...checkDispatchCap(plan, intent));
  const largestGraph = plan.graphBatchSizes.at(-1) ?? 0;
  if (largestGraph < intent.batchPerRank) {
    problems.push({
      path: "graphBatchSizes",
      what: `the largest graph is for ${largestGraph} requests, the batch is ${intent.batchPerRank}`,
      rule: "a step beyond the largest captured graph runs without one, several times slower",
      fix: `add ${intent.batchPerRank}`,
    });
  }
  return problems;
}

/** The kernel asserts on more tokens than its cap, in the middle of traffic; the cap itself ends at 1024. */
function checkDispatchCap(plan: PoolPlan, intent: DecodeIntent): readonly Problem[] {
  if (plan.parallel.dispatch !== "low-latency") return [];
  const cap = plan.dispatchTokensPerRank;
  const draft = intent.speculation?.draftTokens ?? 0;
  const sent = dispatchedTokens(intent);
  const largestBatch = Math.floor(largestDispatchTokens / (1 + draft));
  if (cap > largestDispatchTokens) {
    return [
      {
        path: intent.dispatchTokensPerRank === undefined ? "batchPerRank" : "dispatchTokensPerRank",
        what: `${cap} tokens per rank and dispatch are above ${largestDispatchTokens}`,
        rule: "DeepEP's low-latency kernel asserts tokens per rank <= 1024; 1408 needs changes that no release has (DeepEP#440)",
        fix: `${largestDispatchTokens}, and batchPerRank ${largestBatch} at most`,
      },
    ];
  }
  if (sent <= cap) return [];
  const tokens = draft > 0 ? `${intent.batchPerRank} requests x (1 + ${draft} drafts) = ${sent}` : `${sent}`;
  return [
    {
      path: "batchPerRank",
      what: `${tokens} tokens per dispatch are above the cap of ${cap}`,
      rule: "a low-latency dispatch of more tokens than its buffer holds stops the worker; client concurrency does not protect it",
      fix: `batchPerRank ${Math.floor(cap / (1 + draft))}${sent <= largestDispatchTokens ? `, or dispatchTokensPerRank ${sent}` : ""}`,
    },
  ];
}

function checkCommon(plan: PoolPlan): readonly Problem[] {
  const { intent } = plan;
  return [
    ...checkContext(plan),
    ...checkWeights(plan),
    ...checkFraction(plan),
    ...checkPurpose(plan),
    ...checkSpeculation(intent),
  ];
}

function checkContext(plan: PoolPlan): readonly Problem[] {
  const { intent, contextTokens } = plan;
  const { inputTokens, outputTokens, checkpoint } = intent;
  const needed = inputTokens + outputTokens;
  if (contextTokens < needed) {
    return [
      {
        path: "contextTokens",
        what: `${contextTokens} is less than ${inputTokens} in + ${outputTokens} out = ${needed}`,
        rule: "both roles must accept the longest request, or it is rejected",
        fix: `${needed} or more`,
      },
    ];
  }
  const { maxContextTokens, name } = checkpoint.shape;
  if (contextTokens <= maxContextTokens) return [];
  return [
    {
      path: "contextTokens",
      what: `${contextTokens} is beyond ${name}'s ${maxContextTokens}`,
      rule: "positions past the trained context give garbage",
      fix: `at most ${maxContextTokens}`,
    },
  ];
}

function checkFraction(plan: PoolPlan): readonly Problem[] {
  const fraction = plan.staticMemoryFraction;
  if (fraction > 0 && fraction < 1) return [];
  return [
    {
      path: "staticMemoryFraction",
      what: `${fraction} is not a share of the GPU's memory`,
      rule: "weights and KV get this share, graphs and dispatch buffers the rest",
      fix: `leave it out (${staticFraction(plan.memory)}), or a number between 0 and 1`,
    },
  ];
}

function checkSpeculation(intent: PoolPlan["intent"]): readonly Problem[] {
  const { speculation, checkpoint } = intent;
  if (speculation === undefined) return [];
  const { draftTokens, acceptedTokens } = speculation;
  const problems: Problem[] = [];
  if (draftTokens > 0 && checkpoint.shape.predictionLayers === 0) {
    problems.push({
      path: "speculation.draftTokens",
      what: `${draftTokens} with ${checkpoint.preset}, which has no multi-token-prediction layer`,
      rule: "drafts come from the checkpoint's own prediction layers",
      fix: "leave speculation out",
    });
  }
  if (!Number.isInteger(draftTokens) || draftTokens < 0 || draftTokens > 3) {
    problems.push({
      path: "speculation.draftTokens",
      what: `${draftTokens} drafts`,
      rule: "published GB200 settings draft 1 to 3 tokens per step",
      fix: "0 to 3",
    });
  }
  if (acceptedTokens < 0 || acceptedTokens > draftTokens) {
    problems.push({
      path: "speculation.acceptedTokens",
      what: `${acceptedTokens} accepted of ${draftTokens} drafted`,
      rule: "no more drafts are accepted than are made",
      fix: `0 to ${draftTokens}`,
    });
  }
  return problems;
}

/** What works, but not as well as its owner may think. */
export function warnAbout(plan: PoolPlan): readonly Problem[] {
  const { intent, parallel, memory } = plan;
  const warnings: Problem[] = [];
  const { balancing, redundantExperts } = intent.experts;
  if (parallel.expert >= 32 && redundantExperts > 0 && balancing === "off") {
    warnings.push({
      path: "experts",
      what: `${redundantExperts} redundant experts over ${parallel.expert} ranks in trivial order`,
      rule: "without a placement the fullest rank carries about 2.8 times the mean load (published DeepSeek-R1 recording)",
      fix: "use mode static with a recording, or dynamic",
    });
  }
  if (plan.role === "prefill" && plan.tokensPerForwardPerRank > 16384) {
    warnings.push({
      path: "tokensPerForwardPerRank",
      what: `${plan.tokensPerForwardPerRank} is above the published operating point of 16384`,
      rule: "source 000 measured 2.6 % less time per burst and a lower peak rate at 32768",
      fix: "measure before keeping it",
    });
  }
  if (plan.role === "prefill" && plan.kvTokensPerRank < plan.contextTokens) {
    warnings.push({
      path: "kvTokensPerRank",
      what: `${plan.kvTokensPerRank} KV tokens do not hold a prompt as long as the context of ${plan.contextTokens}`,
      rule: "longer prompts than a rank's KV pool are rejected, whatever the context allows",
      fix: `${plan.contextTokens}, or contextTokens ${plan.kvTokensPerRank}`,
    });
  }
  if (
    plan.role === "decode" &&
    plan.kvTokensPerRank < plan.runningRequestsPerRank * (intent.inputTokens + intent.outputTokens)
  ) {
    warnings.push({
      path: "kvTokensPerRank",
      what: `${plan.kvTokensPerRank} KV tokens do not hold ${plan.runningRequestsPerRank} requests at their longest`,
      rule: "requests are retracted when all answers run long at once",
      fix: `${Math.floor(memory.largestKvTokens / (intent.inputTokens + intent.outputTokens))} requests per rank fit at their longest`,
    });
  }
  if (memory.freeGib >= 0 && memory.freeGib < headroomGib) {
    warnings.push({
      path: "kvTokensPerRank",
      what: `${memory.freeGib.toFixed(1)} GiB per GPU are left over`,
      rule: `estimates miss fragmentation and kernels' own workspaces; ${headroomGib} GiB of headroom are usual`,
      fix: "fewer kvTokensPerRank",
    });
  }
  if (intent.checkpoint.calibration === "uncalibrated") {
    warnings.push({
      path: "model.preset",
      what: `memory of ${intent.checkpoint.preset} is computed from its shapes`,
      rule: "no launch log of it on GB200 is published to calibrate with",
      fix: "compare `Load weight end` of the first start with the plan",
    });
  }
  return warnings;
}
