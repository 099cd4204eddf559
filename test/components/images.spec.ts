import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { DecodePool, Router } from "../../src/index";
import { decodeArgs, engineImage, routerArgs, routerImage } from "../support/component-args";
import { created, createdObjects } from "../support/created-objects";
import { runProgram } from "../support/registration-harness";

/** The only argument that nothing is planned from, and so the only one that may come from another resource. */
describe("an image that comes as an output", () => {
  const engine = (image: string): { name: string; version: string; image: pulumi.Output<string> } => ({
    name: "sglang",
    version: "0.5.8",
    image: pulumi.output(image),
  });

  it("makes the same objects as one that is plain", async () => {
    const plain = await runProgram(() => {
      new DecodePool("client1-decode", decodeArgs());
      new Router("client1-router", routerArgs());
    });
    const later = await runProgram(() => {
      new DecodePool("client1-decode", decodeArgs({ engine: engine(engineImage) }));
      new Router("client1-router", routerArgs({ image: pulumi.output(routerImage) }));
    });
    assert.deepEqual(createdObjects(later), createdObjects(plain));
  });

  it("is checked on its way into the pods", async () => {
    const run = await runProgram(
      () => new DecodePool("client1-decode", decodeArgs({ engine: engine("sglang:latest") })),
    );
    const [failure, ...others] = run.failures;
    assert.deepEqual(others, []);
    assert.ok(pulumi.RunError.isInstance(failure));
    assert.match(
      failure.message,
      /nvl72: client1-decode cannot run as configured \(1 problem\), it was not created\n {2}engine\.image: the tag "latest" moves$/m,
    );
    assert.throws(() => created(run, "client1-decode-workers"), { message: "client1-decode-workers was not created" });
  });
});
