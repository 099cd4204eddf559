import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { home, root } from "../../tools/engine/home";
import { runProgram } from "../../tools/engine/run-program";
import { skipWithout } from "./skip-without";

describe("the published SGLang packages", function () {
  this.timeout(300_000);

  it("know the flags, choices and variables that launch lines are held against", async function () {
    const wheels = join(home().directory, "sglang-wheels");
    mkdirSync(wheels, { recursive: true });
    const directory = mkdtempSync(join(tmpdir(), "nvl72-flags-"));
    const fresh = join(directory, "flag-table.json");
    const { code, stderr } = await runProgram("python3", [join(root, "tools/sglang-flags/extract.py"), wheels, fresh]);
    if (code !== 0) skipWithout("the published sglang wheels (python3, pip, PyPI)", stderr, this);
    const committed = join(root, "src/engines/sglang/flag-table.json");
    const read = readFileSync(fresh, "utf8");
    rmSync(directory, { recursive: true });
    assert.deepEqual(JSON.parse(read), JSON.parse(readFileSync(committed, "utf8")));
  });
});
