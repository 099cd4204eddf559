import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MockCounters, trivialPlacement, type Placement } from "./mock-engine-balance";
import type { MockLoad } from "./mock-engine-load";
import { MockRecorder } from "./mock-engine-recorder";
import { torchFile, type RecorderDump } from "./torch-file";

export interface LeaderOptions {
  /** `<pod>.<service>.<namespace>`, as the leaders of a pool are reached. */
  readonly host: string;
  /** Where on this machine the engine's recorder directory is: the path of the volume, with the sub-path of the pool. */
  readonly directory: string;
  /** False for an engine without `--expert-distribution-recorder-mode`. */
  readonly recorder?: boolean;
  /** What `--admin-api-key` says; without one, everybody may call. */
  readonly adminKey?: string;
  /** Forward passes that the recorder's buffer holds; the engine's default is 1000. */
  readonly bufferSteps?: number;
  /** Forward passes in a second of load; default 20. */
  readonly stepsPerSecond?: number;
  /** Expert-parallel ranks, over which the experts are spread in their order until `place` moves them; default 8. */
  readonly ranks?: number;
  readonly model?: string;
}

/** What can be wrong with a leader, until `fault` is taken away. */
export type Fault =
  /** `dump` answers 500. */
  | "dump-fails"
  /** `dump` answers 200, and there is no file. */
  | "dump-writes-nothing"
  /** `dump` answers 200, and the file ends in its middle. */
  | "dump-writes-half"
  /** The recording is that of a model with one layer more and half the experts. */
  | "dump-of-another-model"
  /** Calls of the recorder are never answered; health and metrics still are. */
  | "hangs";

export type Answer =
  { readonly status: number; readonly body: string; readonly type?: string } | "never" | "closed connection";

/** The first node of a decode worker, with the endpoints that SGLang serves there (srt/entrypoints/http_server.py). */
export class MockLeader {
  /** What is wrong with it now. */
  fault: Fault | undefined;
  /** A dead leader takes no connections. */
  alive = true;
  private recorder: MockRecorder;
  private counters: MockCounters;
  private placement: Placement;

  constructor(
    readonly options: LeaderOptions,
    private readonly load: MockLoad,
    /** Milliseconds since 1970, after which files are named. */
    private readonly epoch: () => number,
    private readonly clock: () => number,
    private readonly seed: number,
  ) {
    this.placement = trivialPlacement(load.shape.layers, load.shape.experts, options.ranks ?? 8);
    [this.recorder, this.counters] = this.begin();
  }

  /** Moves the experts, as after a start with another placement. */
  place(placement: Placement): void {
    this.placement = placement;
    this.counters.place(placement);
  }

  /** Comes up again with nothing recorded and counters at zero. */
  restart(): void {
    this.alive = true;
    [this.recorder, this.counters] = this.begin();
  }

  answer(path: string, authorization: string | undefined): Answer {
    switch (path) {
      case "/health":
        return { status: 200, body: "" };
      case "/metrics":
        return { status: 200, body: this.counters.metrics(this.model), type: "text/plain; version=0.0.4" };
      case "/get_server_info":
      case "/server_info":
        return { status: 200, body: JSON.stringify(this.serverInfo()), type: "application/json" };
    }
    const call = /^\/(start|stop|dump)_expert_distribution_record$/.exec(path)?.[1];
    if (call === undefined) return { status: 404, body: '{"detail":"Not Found"}', type: "application/json" };
    const { adminKey } = this.options;
    if (adminKey !== undefined && authorization !== `Bearer ${adminKey}`) {
      return { status: 401, body: '{"error":"Unauthorized"}', type: "application/json" };
    }
    return this.record(call as "start" | "stop" | "dump");
  }

  private record(call: "start" | "stop" | "dump"): Answer {
    if (this.fault === "hangs") return "never";
    if (this.options.recorder === false) {
      // The scheduler raises, and the server goes down with it.
      this.alive = false;
      return "closed connection";
    }
    switch (call) {
      case "start":
        this.recorder.start();
        return { status: 200, body: "Start recording the expert distribution.\n" };
      case "stop":
        this.recorder.stop();
        return { status: 200, body: "Stop recording the expert distribution.\n" };
      case "dump":
        if (this.fault === "dump-fails") return { status: 500, body: "Internal Server Error" };
        this.write(this.recorder.dump());
        return { status: 200, body: "Dump expert distribution record.\n" };
    }
  }

  private write(dump: RecorderDump): void {
    if (this.fault === "dump-writes-nothing") return;
    const archive = `expert_distribution_recorder_${(this.epoch() / 1000).toFixed(7)}`;
    const written = this.fault === "dump-of-another-model" ? otherModel(dump) : dump;
    const file = torchFile(written, { archive, location: "cuda:0" });
    mkdirSync(this.options.directory, { recursive: true });
    const end = this.fault === "dump-writes-half" ? file.length >> 1 : file.length;
    writeFileSync(join(this.options.directory, `${archive}.pt`), file.subarray(0, end));
  }

  private serverInfo(): Readonly<Record<string, unknown>> {
    const { recorder, bufferSteps = 1000, ranks = 8 } = this.options;
    return {
      model_path: this.model,
      served_model_name: this.model,
      disaggregation_mode: "decode",
      ep_size: ranks,
      expert_distribution_recorder_mode: recorder === false ? null : "stat",
      expert_distribution_recorder_buffer_size: recorder === false ? null : bufferSteps,
      version: "0.5.8",
    };
  }

  private get model(): string {
    return this.options.model ?? "deepseek-ai/DeepSeek-R1";
  }

  private begin(): [MockRecorder, MockCounters] {
    const { load, clock, seed } = this;
    const { stepsPerSecond = 20, bufferSteps = 1000 } = this.options;
    return [
      new MockRecorder({ load, clock, stepsPerSecond, bufferSteps, seed }),
      new MockCounters(load, clock, stepsPerSecond, this.placement),
    ];
  }
}

function otherModel({ layers, experts }: RecorderDump): RecorderDump {
  const shape = { steps: 1, layers: layers + 1, experts: Math.max(1, experts >> 1) };
  return { ...shape, counts: new Int32Array(shape.layers * shape.experts).fill(1) };
}
