/**
 * What a recording program is asked for. It runs in a Job with the engine's image, so it is Python of the standard
 * library alone; it reads this from the environment variable `taskVariable` as JSON and prints the recording.
 */
export interface RecordingTask {
  readonly model: string;
  readonly layers: number;
  readonly experts: number;
  /** Expert-parallel ranks of a worker. */
  readonly ranks: number;
  /** Where the pool's recordings are mounted in the Job. */
  readonly directory: string;
  /** Base URLs of the workers' leaders; empty for an engine that records by itself. */
  readonly leaders: readonly string[];
  /** The engine's own order: which expert each slot of a layer holds where no placement is loaded. */
  readonly startingRow: readonly number[];
  /** File of the placement in force, in the engine's format; absent for the engine's own order. */
  readonly placementFile?: string;
  /** The engine moves experts while it is recorded: loads of ranks cannot be told. */
  readonly moving: boolean;
  /** The recorder was running before and must go on: it feeds a metric, or the engine's own balancer. */
  readonly keepRecording: boolean;
  readonly windowSeconds: number;
  readonly leastWindows: number;
  /** Half width of the 95 % interval of the fullest rank's load, per cent, mean over layers, at which it is enough. */
  readonly errorPercent: number;
  readonly limitSeconds: number;
  /** Longest answer of a leader, and longest wait for its file. */
  readonly callSeconds: number;
  /** Balance that the placement promised; 0 where nothing was promised. */
  readonly promised: number;
  /** How far below its promise a placement may measure and still count as kept, as a share. */
  readonly margin: number;
}

export const taskVariable = "NVL72_RECORDING_TASK";

/** Lines of the program's output that the recording stands between; the first carries its size in bytes. */
export const recordingBegins = "--- nvl72 recording";
export const recordingEnds = "--- nvl72 end of recording";
/** Before one line of JSON: what was measured, and how well. */
export const summaryMark = "--- nvl72 summary";
