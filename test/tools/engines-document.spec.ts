import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findEngine } from "../../src/engines/engines";
import { dialectOf, type Dialect } from "../../src/engines/vllm/dialect";
import { rayPairs } from "../../src/engines/vllm/ray-version";
import { renamedPasses, renameOf } from "../../src/engines/vllm/renames";

const text = readFileSync(join(__dirname, "../../docs/engines.md"), "utf8");
const rows = text.split("\n").flatMap((line) =>
  line.startsWith("|")
    ? [
        line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim()),
      ]
    : [],
);

/** Cells that stand right of a cell. */
function rightOf(first: string): readonly string[] {
  return rows.find(([cell]) => cell === first)?.slice(1) ?? [];
}

describe("the engines' document", () => {
  it("names every version that was read, and every pair of vLLM and Ray", () => {
    assert.deepEqual(rightOf("SGLang"), [findEngine("sglang")?.versions.join(", ")]);
    assert.deepEqual(rightOf("vLLM"), [findEngine("vllm")?.versions.join(", ")]);
    assert.deepEqual(rightOf("TensorRT-LLM, by the version of Dynamo"), [findEngine("trtllm")?.versions.join(", ")]);
    assert.deepEqual(rightOf("vLLM on Ray Serve"), [rayPairs().join(", ")]);
  });

  it("names the orchestrators of every engine", () => {
    for (const name of ["sglang", "vllm", "trtllm"]) {
      const listed = rows.filter(([engine]) => engine === `\`${name}\``).map(([, orchestrator]) => orchestrator ?? "");
      const named = listed.map((cell) => /`([a-z-]+)`/.exec(cell)?.[1]);
      assert.deepEqual(named, [...(findEngine(name)?.orchestrators ?? [])]);
    }
  });

  it("translates old names as the library does", () => {
    const [before, current] = ["0.29.0", "0.33.0"].map((version) => dialectOf(version));
    assert.ok(before && current);
    const plain = (cell: string): string => cell.replaceAll("`", "");
    const first = rows.findIndex(([cell]) => cell === "Old");
    const table = rows.slice(
      first + 1,
      rows.findIndex((cells) => cells.includes("SGLang, vLLM without Ray")),
    );
    const translations = table
      .filter(([old]) => old?.startsWith("`"))
      .flatMap(([old = "", now = ""]) =>
        plain(old)
          .replace(" in pass_config", "")
          .split(", ")
          .map((name) => [name, plain(now)] as const),
      );
    assert.equal(translations.length, 22);
    for (const [old, now] of translations) {
      const [name, gone] = now.split(", gone in ");
      if (gone !== undefined) assert.deepEqual([gone, renamedPasses([old], current)], ["0.33.0", [`${old} is gone`]]);
      const dialect: Dialect = gone === undefined ? current : before;
      const pass = renamedPasses([old], dialect)[0]?.replace(`${old} is called `, "");
      assert.equal(plain(renameOf(old, dialect)?.current ?? pass ?? ""), name, old);
    }
  });
});
