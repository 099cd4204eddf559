import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { torchFile, type RecorderDump } from "./torch-file";

interface Expected {
  readonly dtype: "int32" | "int64";
  readonly shape: readonly number[];
  readonly logicalCount: readonly (readonly (readonly number[])[])[];
  readonly averageUtilization: number | null;
}

const fixtures = join(__dirname, "..", "fixtures", "recorder");
const expected = JSON.parse(readFileSync(join(fixtures, "expected.json"), "utf8")) as Record<string, Expected>;

function dumpOf(file: string): RecorderDump {
  const found = expected[file];
  assert.ok(found !== undefined);
  const { shape, logicalCount, averageUtilization } = found;
  const [steps = 0, layers = 0, experts = 0] = shape;
  const counts = Int32Array.from(logicalCount.flat(2));
  return { steps, layers, experts, counts, ...(averageUtilization === null ? {} : { averageUtilization }) };
}

/** The last record is a hash of the others that nobody reads; its forty digits, and its sum in two places. */
function withoutHash(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  const name = "/.data/serialization_id";
  const digits = copy.indexOf("Z", copy.indexOf(name));
  const begin = copy.indexOf("PK\x07\x08", digits) - 40;
  copy.fill(0, begin, begin + 40);
  copy.fill(0, begin + 44, begin + 48);
  const entry = copy.lastIndexOf("PK\x01\x02", copy.lastIndexOf(name));
  copy.fill(0, entry + 16, entry + 20);
  return copy;
}

describe("a recording in torch's format", () => {
  for (const file of ["expert_distribution_recorder.pt", "utilization.pt"]) {
    it(`is what torch 2.9.1 writes, byte for byte but for the hash: ${file}`, () => {
      const ours = torchFile(dumpOf(file), { archive: file.replace(/\.pt$/, ""), location: "cpu" });
      assert.deepEqual(withoutHash(ours), withoutHash(readFileSync(join(fixtures, file))));
    });
  }

  it("has its numbers at a multiple of 64 bytes, as little-endian integers of either width", () => {
    const shape = { steps: 1, layers: 2, experts: 2 };
    const narrow = torchFile(
      { ...shape, counts: Int32Array.of(1, 2, 3, 70_000) },
      { archive: "a", location: "cuda:0" },
    );
    const wide = torchFile(
      { ...shape, counts: BigInt64Array.of(1n, 2n, 3n, 2n ** 33n) },
      { archive: "a", location: "cuda:0" },
    );
    const [narrowAt, wideAt] = [
      narrow.indexOf(Buffer.from("01000000020000000300000070110100", "hex")),
      wide.indexOf(Buffer.from("0100000000000000020000000000000003000000000000000000000002000000", "hex")),
    ];
    assert.ok(narrowAt > 0 && wideAt > 0);
    assert.deepEqual([narrowAt % 64, wideAt % 64], [0, 0]);
    assert.ok(narrow.includes("torch\nIntStorage\n") && wide.includes("torch\nLongStorage\n"));
    assert.ok(narrow.includes("cuda:0"));
  });
});
