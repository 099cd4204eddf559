import assert from "node:assert/strict";
import { ExpertRecorder, type ExpertRecorderArgs } from "../../src/index";
import type { FetchRecordingInput } from "../../src/components/fetch-recording-script";
import { designRecorder } from "../../src/components/recorder-design";
import { sglangRecordingProgram } from "../../src/engines/sglang/recorder";
import { trtllm } from "../../src/engines/trtllm/trtllm";
import { recordingJob } from "../../src/manifests/recording-job";
import { poolRef, poolRefs } from "../support/component-args";
import { created } from "../support/created-objects";
import { inOrder, moving, placementRef, podOf, recorderArgs, taskOf } from "../support/recorder-args";
import { runProgram, type Registration } from "../support/registration-harness";

const name = "client1-experts-record";

function inputOf(changes: Partial<ExpertRecorderArgs> = {}): FetchRecordingInput {
  const designed = designRecorder(name, recorderArgs(changes));
  if ("problems" in designed) throw new Error(JSON.stringify(designed.problems));
  return designed.design.input;
}

const slotsInOrder = (slots: number): number[] => Array.from({ length: slots }, (_, slot) => slot % 256);

describe("what a recorder's Job is told", () => {
  it("is where a static pool's experts sit, and what that promised", () => {
    const input = inputOf();
    assert.deepEqual(taskOf(input), {
      model: "deepseek-r1-nvfp4",
      layers: 61,
      experts: 256,
      ranks: 32,
      directory: "/var/lib/nvl72/recordings",
      leaders: ["http://client1-decode-0.client1-decode.client1.svc:30000"],
      startingRow: slotsInOrder(288),
      placementFile: "/etc/nvl72/experts/placement.json",
      moving: false,
      keepRecording: false,
      windowSeconds: 20,
      leastWindows: 5,
      errorPercent: 1,
      limitSeconds: 900,
      callSeconds: 60,
      promised: 0.99,
      margin: 0.05,
    });
    const [recorder] = podOf(input).containers;
    assert.deepEqual(recorder.volumeMounts, [
      { name: "recordings", mountPath: "/var/lib/nvl72/recordings", subPath: "client1-decode" },
      { name: "placement", mountPath: "/etc/nvl72/experts", readOnly: true },
    ]);
    assert.deepEqual(podOf(input).volumes, [
      { name: "recordings", persistentVolumeClaim: { claimName: "recordings" } },
      { name: "placement", configMap: { name: "client1-experts-0123456789" } },
    ]);
  });

  it("is that the engine moves experts itself, and that its recorder must go on", () => {
    const input = inputOf({ experts: placementRef(moving) });
    const { placementFile, startingRow, moving: moves, keepRecording, promised } = taskOf(input);
    assert.deepEqual(
      { placementFile, startingRow, moves, keepRecording, promised },
      { placementFile: undefined, startingRow: slotsInOrder(288), moves: true, keepRecording: true, promised: 0 },
    );
    assert.deepEqual(
      podOf(input).volumes.map((volume) => (volume as { name: string }).name),
      ["recordings"],
    );
  });

  it("is the engine's own order where nothing balances", () => {
    const {
      placementFile,
      startingRow,
      moving: moves,
      keepRecording,
      promised,
    } = taskOf(inputOf({ experts: placementRef(inOrder) }));
    assert.deepEqual(
      { placementFile, startingRow, moves, keepRecording, promised },
      { placementFile: undefined, startingRow: slotsInOrder(256), moves: false, keepRecording: false, promised: 0 },
    );
  });

  it("is to leave a recorder running that feeds a metric", () => {
    assert.equal(taskOf(inputOf({ experts: placementRef({ watched: true }) })).keepRecording, true);
  });

  it("is one worker's ranks, and the leaders of all", () => {
    const leaders = [0, 1].map((group) => `http://client1-decode-${group}.client1-decode.client1.svc:30000`);
    const task = taskOf(inputOf({ pool: poolRef("decode", { workers: 2, gpus: 64, trays: 16, leaders }) }));
    assert.deepEqual([task.ranks, task.leaders], [32, leaders]);
  });

  it("is what the operator says of precision, time and tolerance", () => {
    const input = inputOf({ windowSeconds: 5, leastWindows: 3, errorPercent: 2.5, limitSeconds: 60, margin: 0.1 });
    const { windowSeconds, leastWindows, errorPercent, limitSeconds, margin } = taskOf(input);
    assert.deepEqual([windowSeconds, leastWindows, errorPercent, limitSeconds, margin], [5, 3, 2.5, 60, 0.1]);
    assert.equal(input.waitSeconds, 960);
  });

  it("is nothing to ask TensorRT-LLM's workers, which record by themselves, in a folder per placement", () => {
    const version = { version: "1.6.1", image: "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:1.6.1" };
    const [pool = poolRef("decode")] = poolRefs({ name: "trtllm", ...version }).decode;
    const own = { engine: "trtllm", key: "placement.yaml" };
    const placed = inputOf({ pool, experts: placementRef(own) });
    const { leaders, directory, placementFile, startingRow } = taskOf(placed);
    assert.deepEqual(
      [leaders, directory, placementFile],
      [[], "/var/lib/nvl72/recordings/client1-experts-0123456789", "/etc/nvl72/experts/placement.yaml"],
    );
    assert.deepEqual(startingRow, trtllm.recorder?.startingRow(256, 288, 32));
    const unplaced = inputOf({ pool, experts: placementRef({ ...own, ...inOrder }) });
    assert.equal(taskOf(unplaced).directory, "/var/lib/nvl72/recordings/in-order");
  });

  it("is run in the pool's image, or in the one that is stated, with its secrets", () => {
    const image = (changes: Partial<ExpertRecorderArgs>): string => podOf(inputOf(changes)).containers[0].image;
    assert.equal(image({}), "lmsysorg/sglang:v0.5.8-cu130");
    assert.equal(
      image({ pool: poolRef("decode", { image: "" }), image: "mirror/sglang:v0.5.8" }),
      "mirror/sglang:v0.5.8",
    );
    const { imagePullSecrets } = podOf(inputOf({ imagePullSecrets: ["mirror"] })) as unknown as Record<string, unknown>;
    assert.deepEqual(imagePullSecrets, [{ name: "mirror" }]);
  });

  it("is told by kubectl in the context that is stated", () =>
    assert.equal(inputOf({ context: "rack" }).context, "rack"));
});

describe("a recorder's Job", () => {
  it("is found again under its name while the same is asked for, and no other", () => {
    const variants: readonly Partial<ExpertRecorderArgs>[] = [
      {},
      { run: "2" },
      { image: "lmsysorg/sglang:v0.5.9-cu130" },
      { windowSeconds: 10 },
      { experts: placementRef({ configMap: "client1-experts-abcdefabcd" }) },
      { experts: placementRef({ recordingsClaim: "other" }) },
      { pool: poolRef("decode", { name: "client1-large" }) },
    ];
    const names = variants.map((changes) => inputOf(changes).name);
    assert.equal(new Set(names).size, variants.length, names.join());
    for (const jobName of names) assert.match(jobName, /^client1-experts-record-[0-9a-f]{10}$/);
    assert.deepEqual(
      variants.map((changes) => inputOf(changes).name),
      names,
    );
  });

  it("does not depend on the file that its recording becomes, nor on who asks for it", () => {
    assert.equal(inputOf({ file: "other.json", context: "rack" }).name, inputOf().name);
  });

  it("is not asked for again by a number that changes, only by another run", async () => {
    const inputs = async (changes: Partial<ExpertRecorderArgs>): Promise<Registration["inputs"]> => {
      const run = await runProgram(() => new ExpertRecorder(name, recorderArgs(changes)));
      return created(run, `${name}-run`).inputs;
    };
    const [first, longer, second] = [await inputs({}), await inputs({ windowSeconds: 10 }), await inputs({ run: "2" })];
    assert.deepEqual(longer.triggers, first.triggers);
    assert.notEqual(longer.stdin, first.stdin);
    assert.deepEqual(second.triggers, ["2"]);
  });

  it("has a name that Kubernetes takes, at the longest that a recorder may have", () => {
    const longest = "r".repeat(52);
    const designed = designRecorder(longest, recorderArgs());
    assert.ok("design" in designed);
    assert.equal(designed.design.input.name.length, 63);
  });

  it("is what the manifests render", () => {
    const input = inputOf();
    const rendered = recordingJob({
      namespace: "client1",
      client: "client1",
      name,
      run: "1",
      pool: "client1-decode",
      image: "lmsysorg/sglang:v0.5.8-cu130",
      architecture: "arm64",
      imagePullSecrets: [],
      serviceAccount: "engine",
      claim: "recordings",
      placement: { configMap: "client1-experts-0123456789", key: "placement.json" },
      program: sglangRecordingProgram,
      task: taskOf(input),
    });
    assert.deepEqual(input.job, rendered);
  });
});
