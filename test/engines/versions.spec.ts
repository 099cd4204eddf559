import assert from "node:assert/strict";
import { newestKnown } from "../../src/engines/versions";

describe("the known version whose dialect another speaks", () => {
  const known = ["0.8.1", "1.2.1", "1.6.1"] as const;

  for (const [version, speaks] of [
    ["1.2.1", "1.2.1"],
    ["1.2.1.post2", "1.2.1"],
    ["1.5.9", "1.2.1"],
    ["0.9.0", "0.8.1"],
    ["1.99.0", "1.6.1"],
    ["0.8.0", undefined],
    ["2.0.0", undefined],
    ["v1.2.1", undefined],
    ["1.2.1rc1", undefined],
    ["latest", undefined],
  ] as const) {
    it(`of ${version} is ${speaks ?? "none"}`, () => {
      assert.equal(newestKnown(version, known), speaks);
    });
  }

  it("is none where only majors before it are known", () => {
    assert.equal(newestKnown("1.0.0", ["0.5.8", "0.5.23"]), undefined);
  });
});
