import fc from "fast-check";
import type { ExpertRecording } from "../../src/plan/experts/recording";
import { deepSeekHistogram, expertHistogram } from "./expert-histogram";

/** README of deepseek-ai/EPLB, repeated in vLLM tests/distributed/test_eplb_algo.py. */
export const publishedWeights = [
  [90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86],
  [20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27],
];
export const publishedPlacement = [
  [5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1],
  [7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1],
];

/** The example of the FlashLB proposal to vLLM: eight devices with two slots each. */
export const flashExample = [600, 560, 120, 120, 20, 10, 10, 10];

export const recorded: ExpertRecording = {
  model: "DeepSeek-R1",
  layers: deepSeekHistogram.layers,
  experts: deepSeekHistogram.experts,
  counts: expertHistogram(deepSeekHistogram),
};

export function recordingOf(counts: readonly (readonly number[])[]): ExpertRecording {
  return { model: "m", layers: counts.length, experts: counts[0]?.length ?? 0, counts };
}

/** Any recorded loads, and a worker that can hold their experts. */
export const anyRequest = fc
  .record({ ranks: fc.integer({ min: 1, max: 12 }), perRank: fc.integer({ min: 1, max: 6 }) })
  .chain(({ ranks, perRank }) =>
    fc.record({
      ranks: fc.constant(ranks),
      slots: fc.constant(ranks * perRank),
      counts: fc.integer({ min: 1, max: ranks * perRank }).chain((experts) =>
        fc.array(fc.array(fc.nat({ max: 1000 }), { minLength: experts, maxLength: experts }), {
          minLength: 1,
          maxLength: 3,
        }),
      ),
    }),
  );
