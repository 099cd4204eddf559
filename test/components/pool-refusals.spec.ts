import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { DecodePool, type DecodePoolArgs } from "../../src/index";
import { decodeArgs, domain } from "../support/component-args";
import { refusalOf } from "../support/registration-harness";
import { placementRef } from "../support/recorder-args";

async function refused(args: DecodePoolArgs, name = "client1-decode"): Promise<string> {
  return (await refusalOf(() => new DecodePool(name, args))).message;
}

describe("a pool that cannot work is refused before anything is registered", () => {
  it("with all its problems in one message", async () => {
    const message = await refused(
      decodeArgs({
        workers: 2,
        dispatchTokensPerRank: 1408,
        engine: { name: "sglang", version: "0.4.0", image: "lmsysorg/sglang:latest" },
      }),
    );
    assert.equal(
      message,
      [
        "nvl72: client1-decode cannot run as configured (4 problems), nothing was changed",
        "  dispatchTokensPerRank: 1408 tokens per rank and dispatch are above 1024",
        "      rule: DeepEP's low-latency kernel asserts tokens per rank <= 1024; 1408 needs changes that no release has (DeepEP#440)",
        "      fix:  1024, and batchPerRank 1024 at most",
        '  engine.image: the tag "latest" moves',
        "      rule: prefill, decode and every restarted rank must run the same image, so its name must not change its meaning",
        "      fix:  name a release tag, better with its digest: repository:tag@sha256:...",
        "  engine.version: 0.4.0 is not a SGLang version whose flags are known",
        "      rule: flags were read from the published packages 0.5.5, 0.5.8, 0.5.23",
        "      fix:  the version of your image, 0.5.5 or newer, for example 0.5.8",
        "  pools: 16 (decode) = 16 trays, client1 has 9",
        "      rule: the rack stack grants every client its share of 18 trays",
        "      fix:  7 trays less, or a larger share for client1 in the rack stack",
      ].join("\n"),
    );
  });

  it("for a number that is an output, wherever it is", async () => {
    const later = pulumi.output(1) as unknown as number;
    const message = await refused(
      decodeArgs({ workers: later, graphBatchSizes: [128, later], resources: { cpuCores: later } }),
    );
    const problem = (path: string): string[] => [
      `  ${path}: an output, whose value is not known yet`,
      "      rule: sizes, names and settings are planned and checked before anything is created",
      "      fix:  a plain value; refs of this library's components are plain already",
    ];
    assert.equal(
      message,
      [
        "nvl72: client1-decode cannot run as configured (3 problems), nothing was changed",
        ...problem("workers"),
        ...problem("graphBatchSizes[1]"),
        ...problem("resources.cpuCores"),
      ].join("\n"),
    );
  });

  it("for a ref that is an output", async () => {
    const later = pulumi.output(domain) as unknown as typeof domain;
    assert.match(
      await refused(decodeArgs({ domain: later })),
      /^ {2}domain: an output, whose value is not known yet$/m,
    );
  });

  it("for an engine or a checkpoint nobody knows", async () => {
    assert.match(
      await refused(decodeArgs({ engine: { name: "mlc", version: "0.1", image: "mlc/mlc-llm:v0.1" } })),
      /^ {2}engine\.name: mlc is not an engine of this library\n.*\n {6}fix: {2}sglang, vllm, trtllm$/m,
    );
    assert.match(
      await refused(decodeArgs({ model: { preset: "gpt-oss", weights: { path: "gpt-oss" } } })),
      /^ {2}model\.preset: gpt-oss is not a checkpoint that is known$/m,
    );
  });

  it("for a placement of experts that is for other ranks", async () => {
    const experts = placementRef({ expertParallelSize: 16 });
    assert.match(
      await refused(decodeArgs({ experts })),
      /^ {2}experts: the placement is for 16 ranks, a worker has 32$/m,
    );
  });

  it("for a placement of another client, or one that nobody makes", async () => {
    const placement = placementRef({
      client: "client2",
      namespace: "client2",
      mode: "sometimes",
      expertParallelSize: 0,
    });
    const message = await refused(decodeArgs({ experts: placement }));
    assert.match(message, /^ {2}experts: a placement in namespace client2, the pool is in client1$/m);
    assert.match(message, /^ {2}experts\.mode: sometimes is not a way of balancing$/m);
  });

  it("for more than a tray has", async () => {
    const message = await refused(decodeArgs({ resources: { cpuCores: 1000, memoryGib: 10, sharedMemoryGib: 64 } }));
    assert.match(message, /^ {2}resources\.cpuCores: 1000 of 144 cores, all that a tray has$/m);
    assert.match(message, /^ {2}resources\.sharedMemoryGib: 64 of 10 GiB, the pod's memory, of which it is a part$/m);
  });

  it("for an unknown checkpoint, engine version and moving image, all three at once", async () => {
    const message = await refused(
      decodeArgs({
        model: { preset: "gpt-oss", weights: { path: "gpt-oss" } },
        engine: { name: "sglang", version: "0.4.0", image: "lmsysorg/sglang:latest" },
      }),
    );
    assert.deepEqual(
      [...message.matchAll(/^ {2}([\w.]+):/gm)].map(([, path]) => path),
      ["model.preset", "engine.image", "engine.version"],
    );
  });

  it("for a name that its pods could not be labelled with", async () => {
    const message = await refused(decodeArgs(), "client1-decode-with-a-name-that-is-much-too-long-for-a-label");
    assert.match(message, /which has 73 characters\n.*\n {6}fix: {2}shorten the name to 50 characters$/m);
  });
});
