import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RecordingTask } from "../../../src/engines/recording/task";
import { loadBalancerYaml } from "../../../src/engines/trtllm/load-balancer-file";
import { trtllmRecordingProgram } from "../../../src/engines/trtllm/recorder";
import { record } from "../../support/recording-run";

/** A file as safetensors writes it: the header's length, the header, the counts. */
function safetensors(counts: Readonly<Record<string, readonly number[]>>): Buffer {
  let offset = 0;
  const header = Object.fromEntries(
    Object.entries(counts).map(([key, values]) => {
      const data_offsets = [offset, (offset += 8 * values.length)];
      return [key, { dtype: "I64", shape: [values.length], data_offsets }];
    }),
  );
  const text = Buffer.from(JSON.stringify({ __metadata__: { format: "pt" }, ...header }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const data = Buffer.from(BigInt64Array.from(Object.values(counts).flat().map(BigInt)).buffer);
  return Buffer.concat([length, text, data]);
}

describe("recordings that TensorRT-LLM writes", function () {
  this.timeout(10_000);
  const directory = mkdtempSync(join(tmpdir(), "nvl72-statistics-"));
  after(() => {
    rmSync(directory, { recursive: true });
  });

  const task: RecordingTask = {
    model: "deepseek-r1-nvfp4",
    layers: 2,
    experts: 4,
    ranks: 2,
    directory,
    leaders: [],
    startingRow: [0, 1, 2, 3],
    moving: false,
    keepRecording: false,
    windowSeconds: 0.1,
    leastWindows: 4,
    errorPercent: 50,
    limitSeconds: 1,
    callSeconds: 1,
    promised: 0,
    margin: 0.05,
  };

  /** Twenty steps of layer 1; layer 0 is dense, and layer 2 a draft's. */
  function write(rank: number, row: readonly number[]): void {
    const steps = Array.from({ length: 20 }, (_, step) => 100 + step);
    const counts = steps.flatMap((step) => [
      [`${step}_1`, row.map((count) => count + (step % 2))] as const,
      [`${step}_2`, row] as const,
    ]);
    writeFileSync(join(directory, `rank${rank}.safetensors`), safetensors(Object.fromEntries(counts)));
  }

  it("are waited for, and none is enough", async () => {
    write(0, [4, 3, 2, 1]);
    const { code, lines } = await record(trtllmRecordingProgram, task);
    assert.equal(code, 1);
    assert.equal(
      lines.at(-1),
      "not recorded: after 1 s 1 of 2 ranks have not written (rank1.safetensors): a worker records once after each start",
    );
  });

  it("add up over ranks and steps, batches of which say how sure they are", async () => {
    write(0, [4, 3, 2, 1]);
    write(1, [1, 2, 3, 4]);
    const { code, lines, recording, summary } = await record(trtllmRecordingProgram, task);
    assert.equal(code, 0, lines.join("\n"));
    // Batches of two steps, of which the fourth is the last that is needed.
    assert.deepEqual((recording as { counts: unknown }).counts, [[0, 0, 0, 0], [48, 48, 48, 48]]); // prettier-ignore
    assert.deepEqual(summary, { windows: 4, choicesPerLayer: 192, errorPercent: 0, balancedness: 1 });
    // Nobody shall take them for the recording of another day.
    assert.deepEqual(readdirSync(directory), []);
  });

  it("are waited for while they are written", async () => {
    write(0, [4, 3, 2, 1]);
    write(1, [1, 2, 3, 4]);
    truncateSync(join(directory, "rank1.safetensors"), 900);
    const { code, lines } = await record(trtllmRecordingProgram, task);
    assert.equal(code, 1);
    assert.match(lines.at(-1) ?? "", /a rank's file is not whole: /);
    assert.equal(readdirSync(directory).filter((name) => name.startsWith("rank")).length, 2);
  });

  it("count once where all ranks route all tokens", async () => {
    write(0, [4, 3, 2, 1]);
    write(1, [4, 3, 2, 1]);
    const { recording } = await record(trtllmRecordingProgram, task);
    assert.deepEqual((recording as { counts: unknown[] }).counts[1], [36, 28, 20, 12]);
  });

  it("are of slots under a load balancer, and its placement says whose", async () => {
    const shape = { denseLayers: 1, predictionLayers: 1, routedExperts: 4 };
    const rows = [[0, 1, 2, 2, 3, 0], [3, 2, 1, 0, 3, 0]]; // prettier-ignore
    const placementFile = join(directory, "placement.yaml");
    writeFileSync(placementFile, loadBalancerYaml(rows, 6, shape));
    write(0, [1, 2, 3, 4, 5, 6]);
    write(1, [0, 0, 0, 0, 0, 0]);
    const { recording, lines } = await record(trtllmRecordingProgram, {
      ...task,
      startingRow: [0, 1, 2, 2, 3, 0],
      placementFile,
    });
    const { counts, placement } = recording as { counts: number[][]; placement: unknown };
    // Slots 3 and 5 are expert 0's, 2 expert 1's, 1 expert 2's, 0 and 4 expert 3's; half the steps count one more.
    assert.deepEqual(counts[1], [8 * (4 + 6) + 2 * 8, 8 * 3 + 8, 8 * 2 + 8, 8 * (1 + 5) + 2 * 8], lines.join("\n"));
    assert.deepEqual(placement, { ranks: 2, physicalToLogical: rows });
  });

  it("are refused when they are another model's", async () => {
    write(0, [1, 2, 3, 4, 5]);
    write(1, [0, 0, 0, 0, 0]);
    const { code, lines } = await record(trtllmRecordingProgram, task);
    assert.equal(code, 1);
    assert.match(
      lines.at(-1) ?? "",
      /^not recorded: a rank's file has 2 layers x 5 experts, .*: a recording of another model$/,
    );
  });
});
