// npx tsx examples/two-pools/make-recording.ts: writes synthetic.experts.json again, always with the same counts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expertHistogram } from "../../test/support/expert-histogram";

export const recordingFile = join(__dirname, "synthetic.experts.json");

/** Nobody recorded this. It has the shape of DeepSeek-R1 and a skew like that of real traffic, for the example only. */
export function syntheticRecording(): string {
  const shape = { layers: 61, denseLayers: 3, experts: 256, tokens: 20_000, seed: 1 };
  const rows = expertHistogram(shape).map((row) => JSON.stringify(row));
  const head = JSON.stringify({ model: "synthetic", layers: shape.layers, experts: shape.experts }).slice(0, -1);
  return `${head},"counts":[\n${rows.join(",\n")}\n]}\n`;
}

if (require.main === module) writeFileSync(recordingFile, syntheticRecording());
