import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkImage, imageWarnings } from "../../src/manifests/image";

describe("an image", () => {
  it("is accepted with a release tag, a digest, or both", () => {
    const digest = `sha256:${"0".repeat(64)}`;
    for (const image of [
      "lmsysorg/sglang:v0.5.8-cu130",
      `lmsysorg/sglang@${digest}`,
      `registry.local:5000/sglang:v0.5.8@${digest}`,
      `lmsysorg/sglang:latest@${digest}`,
    ]) {
      assert.deepStrictEqual(checkImage(image), [], image);
    }
  });

  it("is refused when its name may mean another image tomorrow", () => {
    const rule =
      "prefill, decode and every restarted rank must run the same image, so its name must not change its meaning";
    const fix = "name a release tag, better with its digest: repository:tag@sha256:...";
    assert.deepStrictEqual(checkImage("lmsysorg/sglang:latest"), [
      { path: "image", what: 'the tag "latest" moves', rule, fix },
    ]);
    assert.deepStrictEqual(checkImage("lmsysorg/sglang:latest-cu130"), [
      { path: "image", what: 'the tag "latest-cu130" moves', rule, fix },
    ]);
    assert.deepStrictEqual(checkImage("registry.local:5000/sglang"), [
      { path: "image", what: '"registry.local:5000/sglang" has neither tag nor digest', rule, fix },
    ]);
  });

  it("is refused in enroot's spelling, with Kubernetes' own as the fix", () => {
    assert.deepStrictEqual(checkImage("nvcr.io#nvidia/ai-dynamo/tensorrtllm-runtime:0.8.1"), [
      {
        path: "image",
        what: '"nvcr.io#nvidia/ai-dynamo/tensorrtllm-runtime:0.8.1" is enroot\'s spelling',
        rule: "Kubernetes separates registry and repository with a slash",
        fix: "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:0.8.1",
      },
    ]);
  });

  it("is warned of when its tag says x86", () => {
    assert.deepStrictEqual(imageWarnings("lmsysorg/sglang:v0.5.8-amd64"), [
      {
        path: "image",
        what: 'the tag "v0.5.8-amd64" looks like one for x86',
        rule: "the trays of a GB200 NVL72 have Grace CPUs, which are arm64",
        fix: "use a multi-architecture or arm64 tag",
      },
    ]);
    assert.deepStrictEqual(imageWarnings("amd64/sglang:v0.5.8"), []);
  });

  it("is taken as it is when it is not known yet", () => {
    const image = { later: "an output" };
    assert.deepStrictEqual([checkImage(image), imageWarnings(image)], [[], []]);
  });
});
