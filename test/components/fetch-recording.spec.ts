import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchRecordingScript } from "../../src/components/fetch-recording-script";
import { recordingBegins, recordingEnds, summaryMark } from "../../src/engines/recording/task";
import { fakeKubectl, succeeded, type FakeKubectl, type FakePod, type JobState } from "../support/fake-kubectl";

const recording = '{\n "model": "m"\n}\n';
const summary = '{"windows": 5, "errorPercent": 0.9}';
const log = [
  "window 5: 4000 expert choices per layer, fullest rank known to +-0.90 %",
  `${recordingBegins} ${Buffer.byteLength(recording)}`,
  `${recording}${recordingEnds}`,
  `${summaryMark} ${summary}`,
  "",
].join("\n");

interface Fetched {
  readonly code: number | null;
  readonly stdout: string;
  readonly said: string;
}

describe("what fetches a recording", function () {
  this.timeout(30_000);
  const directory = mkdtempSync(join(tmpdir(), "nvl72-fetch-"));
  const file = join(directory, "client1.experts.json");
  let kubectl: FakeKubectl;

  beforeEach(() => {
    writeFileSync(file, "the one before");
  });
  afterEach(() => kubectl.remove());
  after(() => {
    rmSync(directory, { recursive: true });
  });

  function fetch(
    states: readonly JobState[],
    output = log,
    changes: object = {},
    pods: readonly FakePod[] = [succeeded],
  ): Fetched {
    kubectl = fakeKubectl(states, output, pods);
    const input = {
      job: { kind: "Job", metadata: { name: "record" } },
      ...{
        namespace: "client1",
        name: "record",
        file: "client1.experts.json",
        waitSeconds: 20,
        pollSeconds: 0.05,
        context: "",
      },
      ...changes,
    };
    const { status, stdout, stderr } = spawnSync("node", ["-e", fetchRecordingScript], {
      cwd: directory,
      input: JSON.stringify(input),
      encoding: "utf8",
      env: kubectl.environment,
    });
    return { code: status, stdout, said: stderr };
  }

  const verbs = (): readonly string[] =>
    kubectl.calls().map((args) =>
      args
        .slice(args.indexOf("-n") + 2)
        .join(" ")
        .replace(/ -o json$/, ""),
    );

  it("makes the Job, waits for it, and keeps the recording as it was printed", () => {
    const { code, stdout, said } = fetch(["absent", "running", "complete"]);
    assert.equal(code, 0, said);
    assert.equal(readFileSync(file, "utf8"), recording);
    assert.equal(stdout, summary);
    assert.deepEqual(kubectl.created(), [{ kind: "Job", metadata: { name: "record" } }]);
    assert.deepEqual(readdirSync(directory), ["client1.experts.json"]);
  });

  it("joins the Job that an interrupted up left running, and takes what a finished one has", () => {
    assert.equal(fetch(["running", "complete"]).code, 0);
    assert.deepEqual(kubectl.created(), []);
    kubectl.remove();
    assert.equal(fetch(["complete"]).code, 0);
    assert.deepEqual(verbs(), [
      "get job record",
      "get pods --selector batch.kubernetes.io/job-name=record",
      "logs record-a --tail=-1",
      "delete job record --wait=false",
    ]);
  });

  it("starts anew where an earlier up's Job had failed", () => {
    const { code, said } = fetch([{ failed: "BackoffLimitExceeded" }, "going", "absent", "running", "complete"]);
    assert.equal(code, 0, said);
    assert.match(said, /^an earlier Job record failed \(BackoffLimitExceeded: so it is\): starting anew$/m);
    assert.ok(verbs().includes("delete job record --wait=false"));
    assert.equal(kubectl.created().length, 1);
  });

  it("reads the pod that succeeded, whatever became of another", () => {
    const lost = { metadata: { name: "record-b", creationTimestamp: "2" }, status: { phase: "Failed" } };
    assert.equal(fetch(["complete"], log, {}, [lost, succeeded]).code, 0);
    assert.ok(verbs().includes("logs record-a --tail=-1"));
  });

  for (const [what, status, said] of [
    [
      "no tray",
      {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", message: "0/20 nodes are available" }],
      },
      "the pod waits: 0/20 nodes are available",
    ],
    [
      "an image that cannot be pulled",
      { phase: "Pending", containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff" } } }] },
      "the pod waits: ImagePullBackOff",
    ],
  ] as const) {
    it(`says what the pod waits for: ${what}`, () => {
      const pod = { metadata: { name: "record-a" }, status };
      const fetched = fetch(["absent", "running"], "", { waitSeconds: 1 }, [pod]);
      assert.equal(fetched.code, 1);
      assert.match(fetched.said, new RegExp(`^${said}$`, "m"));
      assert.match(fetched.said, new RegExp(`is not done after 1 s \\(${said}\\)`));
    });
  }

  it("says why nothing was recorded, with the end of the log, and leaves the file", () => {
    const { code, said } = fetch(["absent", "running", { failed: "PodFailurePolicy" }], "not recorded: no tokens\n");
    assert.equal(code, 1);
    assert.match(
      said,
      /nothing was recorded, and client1\.experts\.json is as it was: PodFailurePolicy: so it is\nnot recorded: no tokens/,
    );
    assert.equal(readFileSync(file, "utf8"), "the one before");
  });

  for (const [what, output, reason] of [
    ["has lost its beginning", log.slice(log.indexOf('"model"')), "its log has no whole recording"],
    ["has lost its end", log.slice(0, log.indexOf(recordingEnds) - 3), "its log has no whole recording"],
    ["has lost its middle", log.replace('"model"', ""), "its log holds 11 of 18 bytes"],
  ] as const) {
    it(`leaves the file where the log ${what}`, () => {
      const { code, said } = fetch(["complete"], output);
      assert.equal(code, 1);
      assert.match(
        said,
        new RegExp(`the Job record is done, but ${reason}: delete it to record again; .* is as it was`),
      );
      assert.equal(readFileSync(file, "utf8"), "the one before");
      assert.ok(!existsSync(`${file}.part`));
    });
  }

  it("gives up in time, and says that the next up goes on waiting", () => {
    const { code, said } = fetch(["running"], log, { waitSeconds: 1 });
    assert.equal(code, 1);
    assert.match(said, /the Job record is not done after 1 s; the next up waits for it again/);
  });

  it("outlasts an API server that cannot be reached for a while", () => {
    assert.equal(fetch(["absent", "unreachable", "unreachable", "complete"]).code, 0);
  });

  it("asks the cluster that the stack belongs to", () => {
    fetch(["complete"], log, { context: "rack-1" });
    assert.ok(kubectl.calls().every((args) => args.join(" ").startsWith("--context rack-1 -n client1 ")));
  });

  it("says what is missing where there is no kubectl", () => {
    kubectl = fakeKubectl([], "");
    const input = JSON.stringify({
      job: {},
      namespace: "n",
      name: "j",
      file: "f",
      waitSeconds: 1,
      pollSeconds: 0.05,
      context: "",
    });
    const { status, stderr } = spawnSync(process.execPath, ["-e", fetchRecordingScript], {
      input,
      encoding: "utf8",
      env: { PATH: directory },
    });
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^kubectl cannot be started \(.*ENOENT.*\): it must be on the PATH of whoever runs pulumi up$/m,
    );
  });
});
