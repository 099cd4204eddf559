import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { prefillPolicies, routingPolicies } from "../../src/engines/smg/intent";
import { smgVersion } from "../../src/engines/smg/router";
import { home } from "../../tools/engine/home";
import { runProgram } from "../../tools/engine/run-program";
import known from "../engines/smg/smg-flags.json";
import { skipWithout } from "./skip-without";

/** smg of the version that we render for: the published package in an environment of its own, kept beside the engine. */
async function installedSmg(test: Mocha.Context): Promise<string> {
  const environment = join(home().directory, `smg-${smgVersion}`);
  const smg = join(environment, "bin", "smg");
  if (existsSync(smg)) return smg;
  for (const [program, args] of [
    ["python3", ["-m", "venv", environment]],
    [join(environment, "bin", "python"), ["-m", "pip", "install", "--quiet", `smg==${smgVersion}`]],
  ] as const) {
    const { code, stderr } = await runProgram(program, args);
    if (code !== 0) skipWithout(`smg ${smgVersion} (python3, pip, PyPI)`, stderr, test);
  }
  return smg;
}

describe("the real smg", function () {
  this.timeout(180_000);
  let help = "";

  before(async function () {
    help = (await runProgram(await installedSmg(this), ["launch", "--help"])).stdout;
  });

  it("knows the flags that we hold ours against, and no others", () => {
    const options = help.split("\n").filter((line) => /^ {2}-/.test(line));
    const flags = options.flatMap((line) => line.split(/ {3,}/)[0]?.match(/(?<![\w-])--[a-z0-9-]+/g) ?? []);
    assert.deepEqual([...new Set(flags)].sort(), known.flags);
  });

  it("knows the policies that we offer", () => {
    assert.ok(help.includes(`--prefill-policy {${prefillPolicies.join(",")}}`));
    assert.ok(help.includes(`--decode-policy {${routingPolicies.join(",")}}`));
  });
});
