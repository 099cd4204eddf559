import assert from "node:assert/strict";
import { eplbConfig } from "../../../src/engines/vllm/configurations";
import { dialectOf, vllmVersions, type Dialect } from "../../../src/engines/vllm/dialect";
import { parseEplbConfig } from "../../../src/engines/vllm/eplb-config";
import { planned } from "../../support/intents";
import { decodeOn, onServers } from "./cases";

function dialect(version: string): Dialect {
  const found = dialectOf(version);
  assert.ok(found !== undefined);
  return found;
}

const told = (config: unknown, version = "0.33.0"): readonly (readonly [string, string])[] => {
  const parsed = parseEplbConfig(JSON.stringify(config), dialect(version));
  return "problems" in parsed ? parsed.problems.map(({ path, what }) => [path, what]) : [];
};

describe("vLLM's EPLB configuration", () => {
  for (const version of vllmVersions) {
    it(`is read back as it is written for ${version}`, () => {
      const config = eplbConfig(planned(decodeOn(onServers)));
      assert.deepEqual(parseEplbConfig(JSON.stringify(config), dialect(version)), { config });
    });
  }

  it("has the fields of its version", () => {
    assert.deepEqual(told({ use_async: true, enable_migration_batching: true }), []);
    assert.deepEqual(told({ use_async: true, enable_migration_batching: true }, "0.29.0"), [
      ["enable_migration_batching", "vLLM 0.29.0 has no such field"],
    ]);
    assert.deepEqual(parseEplbConfig('{"use_async":true}', dialect("0.11.2")), {
      problems: [
        {
          path: "use_async",
          what: "vLLM 0.11.2 has no such field",
          rule: "the fields are log_balancedness, num_redundant_experts, step_interval, window_size (vllm/config/parallel.py EPLBConfig)",
          fix: "leave use_async out",
        },
      ],
    });
  });

  it("is refused with all values that its class refuses", () => {
    const config = {
      window_size: 0,
      step_interval: 2.5,
      num_redundant_experts: -1,
      log_balancedness: "False",
      log_balancedness_interval: 0,
      policy: "swift",
      communicator: "mpi",
    };
    assert.deepEqual(told(config), [
      ["window_size", "0"],
      ["step_interval", "2.5"],
      ["num_redundant_experts", "-1"],
      ["log_balancedness_interval", "0"],
      ["log_balancedness", '"False"'],
      ["policy", '"swift"'],
      ["communicator", '"mpi"'],
    ]);
  });

  it("does not move experts beside the steps over NCCL", () => {
    const both = "torch_nccl while experts move beside the steps";
    assert.deepEqual(told({ use_async: true, communicator: "torch_nccl" }), [["communicator", both]]);
    assert.deepEqual(told({ use_async: false, communicator: "torch_nccl" }), []);
    assert.deepEqual(told({ use_async: true, communicator: null }), []);
    assert.deepEqual(told({ use_async: true, communicator: "nixl" }), []);
  });

  it("is a JSON object", () => {
    for (const text of ["", "[]", "null", "{window_size: 1}"]) {
      const parsed = parseEplbConfig(text, dialect("0.33.0"));
      assert.deepEqual("problems" in parsed && parsed.problems.map(({ what }) => what), ["no JSON object"]);
    }
  });
});
