import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "mocha";
import { prefillPolicies, routerSettings, routingPolicies } from "../../../src/engines/smg/intent";
import { routerProcess, smgVersion } from "../../../src/engines/smg/router";
import { pools } from "./pools";
import known from "./smg-flags.json";

const secret = { name: "keys", key: "key" };
const settings = routerSettings({ auth: { apiKey: secret, controlPlaneKey: secret } });
const renderedFlags = routerProcess(settings, pools).args.filter((arg) => arg.startsWith("--"));

describe("the router's flags", () => {
  it("are the ones that smg of the declared version knows", () => {
    assert.equal(known.version, smgVersion);
    assert.deepStrictEqual(
      renderedFlags.filter((flag) => !known.flags.includes(flag)),
      [],
    );
  });

  it("are each rendered once", () => {
    assert.equal(new Set(renderedFlags).size, renderedFlags.length);
  });

  /** Runs where smg is installed: on PATH, or at NVL72_SMG. */
  it("are in the help of the real smg, as are the policies", function () {
    const smg = process.env.NVL72_SMG ?? "smg";
    const { error, stdout } = spawnSync(smg, ["launch", "--help"], { encoding: "utf8" });
    if (error !== undefined) {
      this.skip();
    }
    assert.deepStrictEqual(flagsOf(stdout), known.flags);
    assert.ok(stdout.includes(`--prefill-policy {${prefillPolicies.join(",")}}`), "prefill policies");
    assert.ok(stdout.includes(`--decode-policy {${routingPolicies.join(",")}}`), "decode policies");
  });
});

/** Option lines of argparse are indented by two; their explanations by more. */
function flagsOf(help: string): string[] {
  const options = help.split("\n").filter((line) => /^ {2}-/.test(line));
  return [...new Set(options.flatMap((line) => line.split(/ {3,}/)[0]?.match(/(?<![\w-])--[a-z0-9-]+/g) ?? []))].sort();
}
