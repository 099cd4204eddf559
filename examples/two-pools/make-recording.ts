// npx tsx examples/two-pools/make-recording.ts: writes synthetic.experts.json again, always with the same counts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordingJson } from "../../src/plan/experts/recording";
import { expertHistogram } from "../../test/support/expert-histogram";

export const recordingFile = join(__dirname, "synthetic.experts.json");

/** Nobody recorded this. It has the shape of DeepSeek-R1 and a skew like that of real traffic, for the example only. */
export function syntheticRecording(): string {
  const shape = { layers: 61, denseLayers: 3, experts: 256, tokens: 20_000, seed: 1 };
  const { layers, experts } = shape;
  return recordingJson({ model: "synthetic", layers, experts, counts: expertHistogram(shape) });
}

if (require.main === module) writeFileSync(recordingFile, syntheticRecording());
