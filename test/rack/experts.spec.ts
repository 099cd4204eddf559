import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseExpertLocation } from "../../src/engines/sglang/expert-location";
import { parseRecording, type ExpertRecording } from "../../src/plan/experts/recording";
import { findCheckpoint } from "../../src/plan/model-shape";
import { pulumi, stackOutputs } from "../../tools/pulumi-cli/run";
import { changesNothing } from "../../tools/pulumi-cli/summary";
import { kubectl, kubectlGet, rackDown, rackUp, setJobProxy, type Rack } from "../../tools/rack/simulated-rack";
import { mockEngine, type MockEngine } from "../support/mock-engine";
import { enginePods } from "./engine-pods";
import { eventually } from "./eventually";
import { claimedDirectory } from "./claimed-directory";
import { stacksProject, type StacksProject } from "./stacks-project";

const leader = "client1-decode-0.client1-decode.client1";
/** DeepSeek-R1, 32 ranks, 20 requests/s with 8192 tokens of answer each. */
const load = { layers: 61, denseLayers: 3, experts: 256, topK: 8, seed: 7, tokensPerSecond: 164_000 };
const ranks = 32;

const dynamic = "{ mode: dynamic, redundant: auto }";
const measure = "windowSeconds: 1, leastWindows: 4, errorPercent: 2, limitSeconds: 60";
const experts = (mode: string, run: number, more = ""): string =>
  `{ mode: ${mode}, redundant: auto, recording: client1.experts.json, record: { claim: recordings, run: ${run}, ${measure}${more} } }`;

interface ConfigMaps {
  readonly items: readonly { readonly metadata: { readonly name: string }; readonly data: Record<string, string> }[];
}

describe("the life of a placement on the simulated rack", function () {
  this.timeout(300_000);
  const shared = mkdtempSync(join(tmpdir(), "nvl72-recordings-"));
  let rack: Rack;
  let project: StacksProject;
  let mock: MockEngine;
  let setting = dynamic;

  before(async () => {
    rack = await rackUp({ state: mkdtempSync(join(tmpdir(), "nvl72-rack-")), ray: false });
    project = stacksProject(rack);
    const directory = join(shared, "client1-decode");
    mkdirSync(directory);
    mock = await mockEngine({
      load,
      leaders: [{ host: leader, directory, ranks, bufferSteps: 40, stepsPerSecond: 40 }],
    });
    setJobProxy(rack, mock.url);
    await project.up("rack");
    await project.up("client1");
    const claim = claimedDirectory("recordings", "client1", shared).map((object) => JSON.stringify(object));
    const { code, stderr } = await kubectl(rack, ["apply", "-f", "-"], { input: claim.join("\n---\n") });
    assert.equal(code, 0, stderr);
  });
  after(async () => {
    await mock.close();
    await rackDown(rack);
    project.remove();
    rmSync(shared, { recursive: true });
  });

  function configure(next: string): void {
    project.change("client1", setting, next);
    setting = next;
  }

  const file = (): string => join(project.stacks, "client1.experts.json");

  function recording(path = file()): ExpertRecording {
    const parsed = parseRecording(JSON.parse(readFileSync(path, "utf8")));
    assert.ok("recording" in parsed, JSON.stringify(parsed));
    return parsed.recording;
  }

  async function uids(role: "prefill" | "decode"): Promise<readonly string[]> {
    const pods = await enginePods(rack, role);
    return pods
      .filter(({ metadata }) => metadata.namespace === "client1")
      .map(({ metadata }) => metadata.uid)
      .sort();
  }

  /** The engine's pods start with what their ConfigMap says. */
  async function engineLoadsItsPlacement(): Promise<string> {
    const { experts: ref } = (await stackOutputs("client1", project.workspace)) as { experts: { configMap: string } };
    const { items } = await kubectlGet<ConfigMaps>(rack, ["configmaps", "-n", "client1"]);
    const found = items.find(({ metadata }) => metadata.name === ref.configMap);
    const shape = findCheckpoint("deepseek-r1-nvfp4")?.shape;
    assert.ok(found !== undefined && shape !== undefined);
    const location = JSON.parse(found.data["placement.json"] ?? "") as unknown;
    const read = parseExpertLocation(location, { layers: shape.layers, experts: shape.routedExperts, ranks });
    assert.ok("placement" in read, JSON.stringify(read));
    mock.leader(leader).place(read.placement);
    return ref.configMap;
  }

  async function failingUp(): Promise<string> {
    const { code, stdout, stderr } = await project.run("client1", "up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    return stdout + stderr;
  }

  it("begins with a recording of the pool while the engine balances it", async () => {
    configure(experts("dynamic", 1));
    const report = await project.report("client1");
    assert.match(report, /records which experts the pool uses into client1\.experts\.json; the pool goes on serving/);
    assert.match(report, /1 command runs/);
    const before = await uids("prefill");
    await project.up("client1");
    assert.deepEqual(await uids("prefill"), before);
    const { counts, placement, model } = recording();
    assert.deepEqual([model, counts.length, counts[0]?.length, placement], ["deepseek-r1-nvfp4", 61, 256, undefined]);
    // The engine's own balancer goes on: nobody stopped its recorder.
    assert.ok(mock.requests.every(({ path }) => !path.startsWith("/stop")));
  });

  it("records once for each `run`, and not with the next `up`", async () => {
    const asked = mock.requests.length;
    assert.ok(changesNothing(await project.up("client1")));
    assert.equal(mock.requests.length, asked);
  });

  it("goes on with a preview that says what a placement gains, what moves and what rolls", async () => {
    configure(experts("static", 1, ", verify: true"));
    const report = await project.report("client1");
    assert.match(
      report,
      /client1 experts: balance on the recorded traffic \d\.\d{3}, in the model's order 0\.\d{3} \(at best 1\.000\)/,
    );
    assert.match(
      report,
      /GPUs load [\d,]+ experts they did not hold, a full decode step [\d.]+ ms, in the model's order [\d.]+ ms \(\+\d+\.\d % speed\)/,
    );
    assert.match(report, /decode restarts \(about \d+ min\)/);
    assert.doesNotMatch(report, /prefill (rolls|restarts)/);
  });

  it("rolls decode alone, and verifies that the placement keeps its promise", async () => {
    const [prefill, decode] = [await uids("prefill"), await uids("decode")];
    await project.up("client1");
    assert.deepEqual(await uids("prefill"), prefill);
    assert.equal((await uids("decode")).filter((uid) => decode.includes(uid)).length, 0);
    await engineLoadsItsPlacement();
    const verified = recording(join(project.stacks, "client1.experts.verified.json"));
    assert.equal(verified.placement?.ranks, ranks);
    const summary = await summaryOf("verification");
    assert.equal(summary.verdict, "kept");
    assert.ok(summary.balancedness > 0.97 && summary.promised > 0.99, JSON.stringify(summary));
    assert.ok(changesNothing(await project.up("client1")));
  });

  it("changes nothing while the load stays what it was", async () => {
    configure(experts("static", 2, ", verify: true"));
    const decode = await uids("decode");
    await project.up("client1");
    assert.equal(recording().placement?.ranks, ranks);
    // What the placement is worth is known better now; where experts sit is not touched for it.
    const { created, replaced, deleted } = await project.up("client1");
    assert.deepEqual({ created, replaced, deleted }, { created: 0, replaced: 0, deleted: 0 });
    assert.deepEqual(await uids("decode"), decode);
    assert.ok(changesNothing(await project.up("client1")));
  });

  it("sees the load drift, and says so without touching the pool", async () => {
    mock.load.drift(0.9);
    configure(experts("static", 3, ", verify: true"));
    const decode = await uids("decode");
    await project.up("client1");
    assert.equal((await summaryOf("recording")).verdict, "drifted");
    assert.deepEqual(await uids("decode"), decode);
  });

  it("proposes the next placement with that recording, and keeps its promise again", async () => {
    const report = await project.report("client1");
    const [, was = "", is = ""] = /recorded traffic (0\.\d{3}) -> (\d\.\d{3})/.exec(report) ?? [];
    assert.ok(Number(was) < 0.9 && Number(is) > 0.98, report);
    const before = await engineLoadsItsPlacement();
    await project.up("client1");
    assert.notEqual(await engineLoadsItsPlacement(), before);
    assert.equal((await summaryOf("verification")).verdict, "kept");
    assert.ok(changesNothing(await project.up("client1")));
  });

  describe("when something goes wrong", () => {
    let decode: readonly string[];
    let kept: string;

    beforeEach(async () => {
      decode = await uids("decode");
      kept = readFileSync(file(), "utf8");
    });
    afterEach(async () => {
      mock.leader(leader).fault = undefined;
      assert.deepEqual(await uids("decode"), decode, "the pool goes on");
      assert.equal(mock.leader(leader).alive, true);
    });

    it("fails of dumps that fail, leaves the last recording, and starts anew with the next `up`", async () => {
      mock.leader(leader).fault = "dump-fails";
      configure(experts("static", 4, ", verify: true"));
      const said = await failingUp();
      assert.match(said, /nothing was recorded, and .*client1\.experts\.json is as it was/);
      assert.match(said, /dump_expert_distribution_record answered 500/);
      assert.equal(readFileSync(file(), "utf8"), kept);
      assert.ok(mock.requests.at(-1)?.path.startsWith("/stop"));
      mock.leader(leader).fault = undefined;
      await project.up("client1");
      assert.notEqual(readFileSync(file(), "utf8"), kept);
    });

    it("refuses the recording of another model", async () => {
      mock.leader(leader).fault = "dump-of-another-model";
      configure(experts("static", 5, ", verify: true"));
      assert.match(
        await failingUp(),
        /62 layers x 128 experts, deepseek-r1-nvfp4 has 61 x 256: a recording of another model/,
      );
      assert.equal(readFileSync(file(), "utf8"), kept);
    });

    it("finds its Job again after an `up` that was killed", async () => {
      configure(experts("static", 6, ", verify: true"));
      const jobs = async (): Promise<number> =>
        (await kubectlGet<{ items: readonly object[] }>(rack, ["jobs", "-n", "client1"])).items.length;
      const starts = (): number => mock.requests.filter(({ path }) => path.startsWith("/start")).length;
      const [known, begun] = [await jobs(), starts()];
      const interruption = new AbortController();
      const stopped = pulumi(["up", "--yes", "--skip-preview"], {
        workspace: project.workspace,
        stack: "client1",
        signal: interruption.signal,
      });
      await eventually(60, async () => assert.equal(await jobs(), known + 1));
      interruption.abort();
      assert.notEqual((await stopped).code, 0);
      await project.run("client1", "cancel", "--yes");
      await project.up("client1");
      assert.equal(starts(), begun + 1);
      assert.notEqual(readFileSync(file(), "utf8"), kept);
    });

    for (const [what, text, message] of [
      [
        "truncated",
        (whole: string) => whole.slice(0, whole.length / 2),
        /experts\.recording: .* cannot be read: .*JSON/,
      ],
      [
        "another model's",
        () => JSON.stringify({ model: "other", layers: 2, experts: 2, counts: [[1, 2], [3, 4]] }), // prettier-ignore
        /experts\.recording: 2 layers x 2 experts\n\s+rule: deepseek-r1-nvfp4 has 61 layers and 256 routed experts/,
      ],
    ] as const) {
      it(`refuses a file that is ${what}, before anything is touched`, async () => {
        writeFileSync(file(), text(kept));
        const { code, stdout, stderr } = await project.run("client1", "preview");
        writeFileSync(file(), kept);
        assert.notEqual(code, 0);
        assert.match(stdout + stderr, message);
        assert.match(stdout + stderr, /nothing was changed/);
      });
    }
  });

  describe("in the end", () => {
    it("leaves nothing behind", async () => {
      const { code, stdout, stderr } = await project.run("client1", "destroy", "--yes", "--skip-preview");
      assert.equal(code, 0, stdout + stderr);
      await eventually(30, async () => {
        const { items } = await kubectlGet<{ items: { metadata: { name: string } }[] }>(rack, ["namespaces"]);
        assert.ok(items.every(({ metadata }) => metadata.name !== "client1"));
      });
    });
  });

  interface Summary {
    readonly verdict: string;
    readonly balancedness: number;
    readonly promised: number;
  }

  async function summaryOf(output: "recording" | "verification"): Promise<Summary> {
    return (await stackOutputs("client1", project.workspace))[output] as Summary;
  }
});
