import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { routerSettings } from "../../../src/engines/smg/intent";
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
});
