import { spawn } from "node:child_process";
import {
  recordingBegins,
  recordingEnds,
  summaryMark,
  taskVariable,
  type RecordingTask,
} from "../../src/engines/recording/task";

export interface RecordingRun {
  readonly code: number | null;
  readonly lines: readonly string[];
  /** The recording, as JSON. */
  readonly recording?: unknown;
  readonly summary?: unknown;
}

/** A program that records, while it runs. */
export interface RunningRecording {
  readonly done: Promise<RecordingRun>;
  kill(signal: NodeJS.Signals): void;
}

/** Runs a recording program as its Job would, with this machine's Python and a proxy in place of the pod network. */
export function startRecording(program: string, task: RecordingTask, proxy = ""): RunningRecording {
  const env = { PATH: process.env.PATH, [taskVariable]: JSON.stringify(task), http_proxy: proxy };
  const child = spawn("python3", ["-c", program], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const done = new Promise<RecordingRun>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...readOutput(output) }));
  });
  return { done, kill: (signal) => void child.kill(signal) };
}

export function record(program: string, task: RecordingTask, proxy = ""): Promise<RecordingRun> {
  return startRecording(program, task, proxy).done;
}

function readOutput(output: string): Omit<RecordingRun, "code"> {
  const lines = output.trimEnd().split("\n");
  const begins = lines.findIndex((line) => line.startsWith(`${recordingBegins} `));
  const ends = lines.indexOf(recordingEnds);
  if (begins < 0) return { lines };
  const summary = lines.find((line) => line.startsWith(summaryMark)) ?? "";
  return {
    lines: lines.slice(0, begins),
    recording: JSON.parse(lines.slice(begins + 1, ends).join("\n")),
    summary: JSON.parse(summary.slice(summaryMark.length)),
  };
}
