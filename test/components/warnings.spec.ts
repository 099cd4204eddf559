import assert from "node:assert/strict";
import { DecodePool, Router } from "../../src/index";
import { decodeArgs, routerArgs } from "../support/component-args";
import { runProgram } from "../support/registration-harness";

describe("what is worth knowing and stops nothing", () => {
  it("is a line of the preview: an image that looks like one for x86", async () => {
    const image = "lmsysorg/sglang:v0.5.8-cu129-amd64";
    const run = await runProgram(
      () => new DecodePool("client1-decode", decodeArgs({ engine: { name: "sglang", version: "0.5.8", image } })),
    );
    assert.equal(run.warnings.length, 1);
    assert.match(
      run.warnings[0] ?? "",
      /image: the tag "v0.5.8-cu129-amd64" looks like one for x86 \(.*arm64\); use a multi-architecture or arm64 tag$/,
    );
  });

  it("is a line of the preview: a router without a twin that everybody may administer", async () => {
    const run = await runProgram(() => new Router("client1-router", routerArgs({ replicas: 1 })));
    assert.deepEqual(run.warnings, [
      "replicas: is 1 (every drain of its node and every crash is an outage of the client); run 2",
      "auth.controlPlaneKey: is not set (whoever may send requests may then also add and remove workers at /workers); " +
        "name a Secret with a key of the form id:name:admin:key",
    ]);
  });

  it("is nothing for a pool that is fine", async () => {
    const run = await runProgram(() => new DecodePool("client1-decode", decodeArgs()));
    assert.deepEqual(run.warnings, []);
  });
});
