import { recordingBegins, recordingEnds, summaryMark } from "../engines/recording/task";

/** What the script is told, as JSON on its standard input. */
export interface FetchRecordingInput {
  /** The Job to run, a Kubernetes object. */
  readonly job: object;
  readonly namespace: string;
  readonly name: string;
  /** Where the recording goes, relative to the folder of the program. */
  readonly file: string;
  /** The longest that the Job is waited for. */
  readonly waitSeconds: number;
  readonly pollSeconds: number;
  /** Context of the kubeconfig; empty for the current one. */
  readonly context: string;
}

/**
 * Runs the Job that was asked for, or joins the one of the same name that an interrupted `up` left, and puts its recording
 * into a file: whole, or not at all. Prints the summary as one line of JSON, which is all that goes into the state.
 * For `node -e`, because Node is there where a program in TypeScript runs, and reads JSON without further tools.
 */
export const fetchRecordingScript = String.raw`
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { job, namespace, name, file, waitSeconds, pollSeconds, context } = JSON.parse(fs.readFileSync(0, "utf8"));

const say = (text) => fs.writeSync(2, text + "\n");
const end = (text) => { say(text); process.exit(1); };
const sleep = (seconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);

function kubectl(args, input) {
  const all = [...(context === "" ? [] : ["--context", context]), "-n", namespace, "--request-timeout=30s", ...args];
  const { error, status, stdout, stderr } = spawnSync("kubectl", all, { input, encoding: "utf8", maxBuffer: 1 << 27 });
  if (error !== undefined) end("kubectl cannot be started (" + error.message + "): it must be on the PATH of whoever runs pulumi up");
  return { ok: status === 0, stdout, stderr: stderr.trim() };
}

function state() {
  const { ok, stdout, stderr } = kubectl(["get", "job", name, "-o", "json"]);
  if (!ok) return stderr.includes("NotFound") ? { phase: "absent" } : { phase: "unknown", reason: stderr };
  const { status = {}, metadata } = JSON.parse(stdout);
  if (metadata.deletionTimestamp !== undefined) return { phase: "going" };
  for (const { type, status: is, reason, message } of status.conditions ?? []) {
    if (is === "True" && (type === "Complete" || type === "Failed")) return { phase: type, reason: reason + ": " + message };
  }
  return { phase: "running" };
}

const refused = /forbidden|invalid|denied|error validating|no matches for kind|namespaces? .* not found/i;

function start() {
  const { ok, stderr } = kubectl(["create", "-f", "-"], JSON.stringify(job));
  if (ok || stderr.includes("AlreadyExists")) return;
  if (refused.test(stderr)) end("the Job was not made: " + stderr);
  say(stderr);
}

/** The Job's pod: the one that succeeded, else the newest. */
function podOf() {
  const { ok, stdout } = kubectl(["get", "pods", "--selector", "batch.kubernetes.io/job-name=" + name, "-o", "json"]);
  const pods = ok ? JSON.parse(stdout).items : [];
  const age = (pod) => pod.metadata.creationTimestamp ?? "";
  return pods.find(({ status }) => status.phase === "Succeeded") ?? pods.sort((a, b) => (age(a) < age(b) ? 1 : -1))[0];
}

function log(lines) {
  const pod = podOf();
  if (pod === undefined) return { ok: false, stdout: "", stderr: "it has no pod" };
  return kubectl(["logs", pod.metadata.name, "--tail=" + lines]);
}

/** Why a pod does not run: nowhere to go, no image, no volume. */
function waitsFor() {
  const status = podOf()?.status;
  if (status === undefined) return "the Job has no pod yet";
  const waiting = (status.containerStatuses ?? []).map(({ state }) => state.waiting).find((each) => each !== undefined);
  const unmet = (status.conditions ?? []).find((each) => each.type === "PodScheduled" && each.status === "False");
  return waiting === undefined ? unmet && "the pod waits: " + unmet.message : "the pod waits: " + (waiting.message ?? waiting.reason);
}

let said = "";
function progress() {
  const line = log(1).stdout.trim() || waitsFor() || "";
  if (line === "" || line === said || line.startsWith("---")) return;
  said = line;
  say(line);
}

function fetch() {
  const { ok, stdout, stderr } = log(-1);
  if (!ok) return { reason: stderr };
  const begins = stdout.lastIndexOf("${recordingBegins} ");
  const ends = stdout.lastIndexOf("${recordingEnds}\n");
  const marked = stdout.lastIndexOf("${summaryMark} ");
  if (begins < 0 || ends < begins || marked < ends) return { reason: "its log has no whole recording" };
  const first = stdout.indexOf("\n", begins) + 1;
  const bytes = Number(stdout.slice(begins, first).trim().split(" ").at(-1));
  const text = stdout.slice(first, ends);
  if (Buffer.byteLength(text) !== bytes) return { reason: "its log holds " + Buffer.byteLength(text) + " of " + bytes + " bytes" };
  return { text, summary: stdout.slice(marked + "${summaryMark} ".length).split("\n")[0] };
}

function keep({ text, summary }) {
  JSON.parse(text);
  const next = file + ".part";
  fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  fs.writeFileSync(next, text);
  fs.renameSync(next, file);
  say(file + ": " + summary);
  // Done with: the same run asked for again, some day, is a new recording.
  kubectl(["delete", "job", name, "--wait=false"]);
  fs.writeSync(1, summary);
  process.exit(0);
}

const deadline = Date.now() + waitSeconds * 1000;
let ours = false;
let unread = 0;
for (;;) {
  const { phase, reason } = state();
  if (phase === "Complete") {
    const fetched = fetch();
    if (fetched.text !== undefined) keep(fetched);
    // A log follows its pod's end by moments.
    if (++unread === 5) end("the Job " + name + " is done, but " + fetched.reason + ": delete it to record again; " + file + " is as it was");
  } else if (phase === "Failed" && ours) {
    end("nothing was recorded, and " + file + " is as it was: " + reason + "\n" + log(20).stdout.trim());
  } else if (phase === "Failed") {
    say("an earlier Job " + name + " failed (" + reason + "): starting anew");
    kubectl(["delete", "job", name, "--wait=false"]);
  } else if (phase === "absent") {
    start();
    ours = true;
  } else if (phase === "running") {
    ours = true;
    progress();
  }
  if (Date.now() > deadline) end("the Job " + name + " is not done after " + waitSeconds + " s" + (reason || said ? " (" + (reason ?? said) + ")" : "") + "; the next up waits for it again");
  sleep(pollSeconds);
}
`;
