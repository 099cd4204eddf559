import assert from "node:assert/strict";
import { expertsOfSlots, isStatisticsFile, readExpertStatistics } from "../../../src/engines/trtllm/expert-statistics";
import { readIntegerTensors, SafetensorsError } from "../../../src/engines/trtllm/safetensors";
import { safetensors } from "./statistics-folder";

const metaInfo = { num_experts: 3, num_experts_per_token: 2 };
const folder = (...ranks: readonly Uint8Array[]) => ({
  metaInfo,
  ranks: ranks.map((bytes, rank) => ({ file: `rank${rank}.safetensors`, bytes })),
});
const told = (given: Parameters<typeof readExpertStatistics>[0]): readonly (readonly [string, string])[] => {
  const parsed = readExpertStatistics(given, "m");
  return "problems" in parsed ? parsed.problems.map(({ path, what }) => [path, what]) : [];
};

describe("TensorRT-LLM's expert statistics", () => {
  it("are summed over iterations and ranks; a layer without counts is dense", () => {
    const first = safetensors({ "100_1": [1, 2, 3], "100_2": [4, 0, 0], "101_1": [10, 0, 0], "101_2": [0, 0, 5] });
    const second = safetensors({ "100_1": [1, 0, 0], "101_1": [0, 0, 1] }, "I32");
    assert.deepEqual(readExpertStatistics(folder(first, second), "m"), {
      recording: { model: "m", layers: 3, experts: 3, counts: [[0, 0, 0], [12, 2, 4], [4, 0, 5]] }, // prettier-ignore
    });
  });

  it("are counted once where every rank counted all tokens: all files are then the same", () => {
    const counts = { "7_0": [1, 2, 3], "8_0": [4, 5, 6] };
    const once = { recording: { model: "m", layers: 1, experts: 3, counts: [[5, 7, 9]] } };
    const all = safetensors(counts);
    assert.deepEqual(readExpertStatistics(folder(all, all, all), "m"), once);
    assert.deepEqual(readExpertStatistics(folder(all), "m"), once);
    const other = safetensors({ ...counts, "8_0": [4, 5, 7] });
    assert.deepEqual(readExpertStatistics(folder(all, other), "m"), {
      recording: { model: "m", layers: 1, experts: 3, counts: [[10, 14, 19]] },
    });
  });

  it("count slots under a load balancer, and slots are turned back into experts", () => {
    const slots = { model: "m", layers: 2, experts: 4, counts: [[0, 0, 0, 0], [5, 1, 4, 2]] }; // prettier-ignore
    const placement = { ranks: 2, physicalToLogical: [[0, 1, 2, 0], [2, 1, 0, 2]] }; // prettier-ignore
    assert.deepEqual(expertsOfSlots(slots, placement), {
      model: "m",
      layers: 2,
      experts: 3,
      counts: [[0, 0, 0], [4, 1, 7]], // prettier-ignore
      placement,
    });
  });

  it("are one file a rank, not those of single tokens", () => {
    const names = [
      "rank0.safetensors",
      "rank12.safetensors",
      "rank0_raw.safetensors",
      "meta_info.json",
      "rank.safetensors",
    ];
    assert.deepEqual(names.filter(isStatisticsFile), ["rank0.safetensors", "rank12.safetensors"]);
  });

  it("are refused with everything that is wrong", () => {
    assert.deepEqual(told({ metaInfo: null, ranks: [] }), [
      ["meta_info.json", "no number of experts"],
      ["", "no rank's file"],
    ]);
    assert.deepEqual(
      told(folder(safetensors({ "1_1": [1, 2] }), safetensors({ "1_9999": [1, 2, 3] }), Buffer.from("PK"))),
      [
        ["rank0.safetensors", "1_1 has 2 counts for 3 experts"],
        ["rank1.safetensors", "the name 1_9999"],
        ["rank2.safetensors", "2 bytes, too few for a header"],
      ],
    );
    assert.deepEqual(told(folder(safetensors({ "1_1": [0, 0, 0] }))), [["counts", "every count is zero"]]);
  });
});

describe("a safetensors file", () => {
  const good = safetensors({ "1_1": [1, -2, 2 ** 40] });

  it("is read by name, wherever its bytes stand in memory", () => {
    assert.deepEqual([...readIntegerTensors(good)], [["1_1", [1, -2, 2 ** 40]]]);
    const shifted = new Uint8Array([9, 9, 9, ...good]).subarray(3);
    assert.deepEqual([...readIntegerTensors(shifted)], [["1_1", [1, -2, 2 ** 40]]]);
  });

  it("is refused where it breaks off, lies or holds no integers", () => {
    const withHeader = (header: unknown): Buffer => {
      const json = Buffer.from(JSON.stringify(header));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(json.length));
      return Buffer.concat([length, json, Buffer.alloc(8)]);
    };
    const refused = (bytes: Uint8Array): string => {
      let message = "";
      assert.throws(
        () => readIntegerTensors(bytes),
        (error) => {
          message = error instanceof SafetensorsError ? error.message : "";
          return message !== "";
        },
      );
      return message;
    };
    assert.equal(refused(good.subarray(0, good.length - 1)), "1_1 stands at 0 to 24, outside of the 23 bytes");
    assert.equal(refused(Buffer.alloc(8, 0xff)), `a header of ${2 ** 64} bytes in a file of 8`);
    assert.equal(refused(withHeader(null)), "a header that is no JSON object");
    assert.equal(refused(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0x7b])), "a header that is no JSON object");
    assert.equal(refused(withHeader({ a: { dtype: "F32", data_offsets: [0, 8] } })), "a is of F32, not I32 or I64");
    for (const offsets of [[0, 12], [-8, 0], [8, 0], [0, 7], undefined]) {
      // prettier-ignore
      assert.match(refused(withHeader({ a: { dtype: "I64", data_offsets: offsets } })), /^a stands at .* outside/);
    }
  });
});
