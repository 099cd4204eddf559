import assert from "node:assert/strict";
import { ExpertRecorder, type ExpertRecorderArgs } from "../../src/index";
import { poolRef, poolRefs } from "../support/component-args";
import { inOrder, placementRef, recorderArgs } from "../support/recorder-args";
import { refusalOf } from "../support/registration-harness";

const name = "client1-experts-record";

describe("an expert recorder refuses", () => {
  const head = (problems: string, of = name): string =>
    `nvl72: ${of} cannot run as configured (${problems}), nothing was changed`;
  const refused = async (changes: Partial<ExpertRecorderArgs>, as = name): Promise<string[]> => {
    const refusal = await refusalOf(() => new ExpertRecorder(as, recorderArgs(changes)));
    return refusal.message.split("\n");
  };

  it("a pool that cannot be recorded", async () => {
    const engine = { name: "vllm", version: "0.33.0", image: "vllm/vllm-openai:v0.33.0" } as const;
    const [pool = poolRef("decode")] = poolRefs({ ...engine, orchestrator: "leader-worker-set" }).decode;
    assert.deepEqual(await refused({ pool, experts: placementRef({ ...inOrder, engine: "vllm" }) }), [
      head("1 problem"),
      "  pool: a pool of vllm",
      "      rule: vllm keeps to itself which experts it uses",
      "      fix:  a recording of the same model made with sglang or trtllm: it depends on the traffic, not on the engine",
    ]);
  });

  it("a pool that was not started to be recorded, experts of another namespace, and an image that nobody knows", async () => {
    const experts = placementRef({ recordingsClaim: "", namespace: "client2" });
    assert.deepEqual(await refused({ pool: poolRef("decode", { image: "" }), experts }), [
      head("3 problems"),
      "  experts.recordingsClaim: none, so the pool was not started to be recorded",
      "      rule: an engine without a recorder ends when it is told to record",
      "      fix:  recordingsClaim: <a ReadWriteMany claim> of the ExpertBalancer, which rolls the pool once",
      "  experts: of namespace client2, the pool is in client1",
      "      rule: a recording says under which placement it was made",
      "      fix:  the `ref` that the pool was given",
      "  image: the pool's image is an output, whose value is not known yet",
      "      rule: a recording is read in the engine's image",
      "      fix:  the image as a string",
    ]);
  });

  it("numbers that make no recording, all at once", async () => {
    const numbers = { windowSeconds: 0, leastWindows: 1, errorPercent: 0, limitSeconds: 1e9, margin: 1 };
    assert.deepEqual(await refused(numbers), [
      head("5 problems"),
      "  windowSeconds: 0 is not from 1 to 600",
      "      rule: a recorder keeps the newest thousand steps",
      "      fix:  1 to 600, or leave it out",
      "  leastWindows: 1 is not from 2 to 100",
      "      rule: it takes two windows to differ",
      "      fix:  2 to 100, or leave it out",
      "  errorPercent: 0 is not from 0.01 to 50",
      "      rule: half the width of a 95 % interval",
      "      fix:  0.01 to 50, or leave it out",
      "  limitSeconds: 1000000000 is not from 0 to 86400",
      "      rule: it must hold the fewest windows",
      "      fix:  0 to 86400, or leave it out",
      "  margin: 1 is not from 0 to 0.5",
      "      rule: a share of the promise",
      "      fix:  0 to 0.5, or leave it out",
    ]);
  });

  it("a limit that does not hold the fewest windows, and what is no number", async () => {
    assert.deepEqual(await refused({ windowSeconds: 60, limitSeconds: 240, errorPercent: NaN }), [
      head("2 problems"),
      "  errorPercent: NaN is not from 0.01 to 50",
      "      rule: half the width of a 95 % interval",
      "      fix:  0.01 to 50, or leave it out",
      "  limitSeconds: 240 is not from 300 to 86400",
      "      rule: it must hold the fewest windows",
      "      fix:  300 to 86400, or leave it out",
    ]);
  });

  it("no run, no file and a model that nobody knows", async () => {
    assert.deepEqual(await refused({ run: " ", file: "", preset: "gpt-oss" }), [
      head("3 problems"),
      "  run: empty",
      "      rule: a recording is made for every new value of it",
      "      fix:  any text, for example the date",
      "  file: nothing is not the name of a JSON file",
      "      rule: a recording is JSON, and the file is replaced when one is made",
      "      fix:  for example client1.experts.json",
      "  preset: gpt-oss is not a checkpoint that is known",
      "      rule: experts and layers follow from a checkpoint's shape",
      "      fix:  the preset of the pool's model",
    ]);
    assert.equal(
      (await refused({ file: "client1.experts.yaml" }))[1],
      "  file: client1.experts.yaml is not the name of a JSON file",
    );
  });

  it("a name that leaves no room for the Job's hash", async () => {
    const long = "r".repeat(53);
    assert.deepEqual(await refused({}, long), [
      head("1 problem", long),
      `  name: "${long}" (53 characters) is no name that Kubernetes takes everywhere`,
      "      rule: lower-case letters, digits and dashes, beginning with a letter, at most 52 characters",
      "      fix:  for example client1",
    ]);
  });
});
