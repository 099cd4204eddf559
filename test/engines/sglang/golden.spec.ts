import assert from "node:assert/strict";
import { dialectOf } from "../../../src/engines/sglang/dialect";
import { launchFlags } from "../../../src/engines/sglang/launch-line";
import { checkpoints } from "../../../src/plan/model-shape";
import type { PoolIntent } from "../../../src/plan/intent";
import { planned, publishedDecode, publishedPrefill } from "../../support/intents";
import { decodeFp4, decodeFp8, prefillFp4, prefillFp8, type PublishedLaunch } from "./published";

/** What stands in the places of the author's own paths, addresses and ranks. */
const placeholders = new Set(["--model-path", "--served-model-name", "--dist-init-addr", "--node-rank"]);

function rendered(intent: PoolIntent): PublishedLaunch {
  const plan = planned({ ...intent, engineVersion: "0.5.5", purpose: "benchmark" });
  const dialect = dialectOf("0.5.5");
  assert.ok(dialect);
  const flags = launchFlags(plan, dialect).filter(({ name }) => !placeholders.has(name));
  return Object.fromEntries(flags.map(({ name, values }) => [name, values.join(" ")]));
}

interface Difference {
  readonly published?: string;
  readonly ours?: string;
  readonly why: string;
}

const different = (published: string | undefined, ours: string | undefined, why: string): Difference => ({
  ...(published === undefined ? {} : { published }),
  ...(ours === undefined ? {} : { ours }),
  why,
});

/** In every launch of ours. */
const always: Readonly<Record<string, Difference>> = {
  "--disaggregation-transfer-backend": different(undefined, "mooncake", "the default, said because it must not drift"),
  "--enable-metrics": different(undefined, "", "alerts, the router and the drain need numbers"),
  "--nccl-port": different(
    undefined,
    "28400",
    "pinned: the default probes at random, and the network policy must know it",
  ),
  "--stream-interval": different(undefined, "50", "as in the newer recipes"),
};

const bootstrapPort = different("8991", "30001", "the port the current GB200 recipes use");
const port = different(undefined, "30000", "the default, which the published decode leaves unsaid");
const unusedAlgorithm = different("deepseek", undefined, "names the algorithm of a balancing that is not on");
const placement = different(
  "expert_distribution_recorder.pt",
  "/etc/nvl72/experts/placement.json",
  "a placement that was computed and published instead of a recording that is balanced at every start",
);

function holdsAgainst(published: PublishedLaunch, intent: PoolIntent, on: Readonly<Record<string, Difference>>): void {
  const ours = rendered(intent);
  const found: Record<string, Omit<Difference, "why">> = {};
  for (const name of new Set([...Object.keys(published), ...Object.keys(ours)])) {
    if (published[name] === ours[name] && name in published === name in ours) continue;
    const { why, ...difference } = different(published[name], ours[name], "");
    assert.equal(why, "");
    found[name] = difference;
  }
  const expected = Object.fromEntries(
    Object.entries({ ...always, ...on }).map(([name, { why, ...difference }]) => {
      assert.ok(why.length > 10, `${name} needs a reason`);
      return [name, difference];
    }),
  );
  assert.deepEqual(found, expected);
}

describe("published launches, flag for flag, with every difference and its reason", () => {
  it("NVFP4 prefill on 8 GPUs (source 001)", () => {
    holdsAgainst(prefillFp4, publishedPrefill(), {
      "--disaggregation-bootstrap-port": bootstrapPort,
      "--eplb-algorithm": unusedAlgorithm,
    });
  });

  it("NVFP4 decode on 48 GPUs (source 001)", () => {
    holdsAgainst(decodeFp4, publishedDecode(), {
      "--port": port,
      "--eplb-algorithm": unusedAlgorithm,
      "--init-expert-location": placement,
      "--max-total-tokens": different("3122380", "3122368", "floored to the page of 64, as the engine does"),
    });
  });

  it("FP8 prefill on 8 GPUs (LMSYS part II, high precision)", () => {
    const intent = {
      ...publishedPrefill({ checkpoint: checkpoints["deepseek-r1-fp8"] }),
      kvCacheType: "bf16",
      tokensPerForwardPerRank: 16384,
      runningRequestsPerRank: 768,
      experts: { balancing: "static", redundantExperts: 32, configMap: "recorded", key: "placement.json" },
      extraArgs: ["--deepep-config", "deepep.json"],
    } as const;
    holdsAgainst(prefillFp8, intent, {
      "--attention-backend": different(
        "fa4",
        "trtllm_mla",
        "one backend for both roles; fa4 is a choice for measurements",
      ),
      "--page-size": different("64", undefined, "trtllm_mla's own page size"),
      "--disable-chunked-prefix-cache": different(undefined, "", "as in all newer launches"),
      "--disaggregation-bootstrap-port": bootstrapPort,
      "--eplb-algorithm": unusedAlgorithm,
      "--init-expert-location": placement,
      "--ep-size": different(undefined, "8", "the engine would set it in silence"),
      "--enable-deepep-moe": different("", undefined, "removed; --moe-a2a-backend says it"),
      "--moe-a2a-backend": different(undefined, "deepep", "the flag that replaced --enable-deepep-moe"),
      "--deepep-config": different(
        "deepep.json",
        undefined,
        "passed through as an extra argument, behind the derived ones",
      ),
      "--enable-single-batch-overlap": different(undefined, "", "overlaps the shared expert, as in the NVFP4 launch"),
    });
  });

  it("FP8 decode on 48 GPUs (LMSYS part II, high precision)", () => {
    const intent = {
      ...publishedDecode({ checkpoint: checkpoints["deepseek-r1-fp8"] }),
      kvCacheType: "bf16",
      batchPerRank: 768,
      graphBatchSizes: [768],
      kvTokensPerRank: 1838284,
      reservedDecodeTokens: 176,
      staticMemoryFraction: 0.87,
    } as const;
    holdsAgainst(decodeFp8, intent, {
      "--port": port,
      "--enable-ep-moe": different("", undefined, "removed; --ep-size says it"),
      "--ep-size": different(undefined, "48", "the engine would set it in silence"),
      "--eplb-algorithm": unusedAlgorithm,
      "--init-expert-location": placement,
      "--max-total-tokens": different("1838284", "1838272", "floored to the page of 64, as the engine does"),
      "--mem-fraction-static": different(
        "0.83",
        "0.87",
        "the published pool of 120 GiB does not fit 0.83 beside 33 GiB of weights",
      ),
    });
  });
});
