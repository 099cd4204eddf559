import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { home, root } from "../../tools/engine/home";
import { runProgram } from "../../tools/engine/run-program";
import { skipWithout } from "./skip-without";

describe("the published aiconfigurator-core package", function () {
  this.timeout(300_000);

  it("has the operation times that predictions are summed from", async function () {
    const wheels = join(home().directory, "aiconfigurator-wheels");
    const directory = mkdtempSync(join(tmpdir(), "nvl72-op-tables-"));
    const fresh = join(directory, "measured-operations.json");
    const script = join(root, "tools/calibrate/extract.ts");
    const { code, stderr } = await runProgram(process.execPath, ["--import", "tsx", script, wheels, fresh], {
      cwd: root,
    });
    if (code !== 0) skipWithout("the published aiconfigurator-core wheel (python3, pip, PyPI)", stderr, this);
    const read = readFileSync(fresh, "utf8");
    rmSync(directory, { recursive: true });
    assert.equal(read, readFileSync(join(root, "src/plan/speed/measured-operations.json"), "utf8"));
    assert.ok(read.length < 300_000, `${read.length} characters`);
  });
});
