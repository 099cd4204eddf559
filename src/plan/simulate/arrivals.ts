import type { Workload } from "../workload";
import type { RandomStream } from "./random";

/** Lengths of requests: a nominal prompt and answer, each times a uniform factor. */
export interface Lengths extends Pick<Workload, "inputTokens" | "outputTokens"> {
  /** Range of the factor; InferenceX draws from 0.8 to 1. Left out, all are of the nominal length. */
  readonly fraction?: { readonly from: number; readonly to: number };
}

/** Requests come at their own pace, whether they are served or not. */
export interface OpenArrivals extends Lengths {
  readonly kind: "open";
  readonly requestsPerSecond: number;
  /** Of the gaps between arrivals: 1 (default) is Poisson, more is burstier, 0 is a metronome. */
  readonly coefficientOfVariation?: number;
}

/** A fixed number of users, each with a new request the moment the last one ends. */
export interface ClosedArrivals extends Lengths {
  readonly kind: "closed";
  readonly concurrency: number;
}

export interface TraceRequest {
  readonly atSeconds: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Names of the prompt's blocks of 512 tokens; equal names stand for equal prompts up to there. */
  readonly prefixBlocks?: readonly number[];
}

/** A recording, in the order of time. */
export interface TraceArrivals {
  readonly kind: "trace";
  readonly requests: readonly TraceRequest[];
  /** Stretches or squeezes the gaps to this mean rate. */
  readonly requestsPerSecond?: number;
}

export type Arrivals = OpenArrivals | ClosedArrivals | TraceArrivals;

/** Where the next request comes from. */
export interface ArrivalSource {
  /** Requests that come at once at the start: the users of a closed loop. */
  readonly atStart: number;
  /** Whether the end of a request brings a new one. */
  readonly closedLoop: boolean;
  /** Moment of the next arrival; infinite when it is not time that brings it, or nothing is left. */
  readonly nextAt: () => number;
  readonly take: () => Omit<TraceRequest, "atSeconds">;
}

export interface ArrivalRandom {
  readonly gaps: RandomStream;
  readonly lengths: RandomStream;
}

export function arrivalSource(arrivals: Arrivals, random: ArrivalRandom): ArrivalSource {
  switch (arrivals.kind) {
    case "open":
      return openSource(arrivals, random);
    case "closed":
      return {
        atStart: arrivals.concurrency,
        closedLoop: true,
        nextAt: () => Infinity,
        take: () => drawLengths(arrivals, random.lengths),
      };
    case "trace":
      return traceSource(arrivals);
  }
}

function openSource(arrivals: OpenArrivals, random: ArrivalRandom): ArrivalSource {
  const meanGap = 1 / arrivals.requestsPerSecond;
  const gap = () => random.gaps.gamma(meanGap, arrivals.coefficientOfVariation ?? 1);
  let next = gap();
  return {
    atStart: 0,
    closedLoop: false,
    nextAt: () => next,
    take: () => {
      next += gap();
      return drawLengths(arrivals, random.lengths);
    },
  };
}

function traceSource({ requests, requestsPerSecond }: TraceArrivals): ArrivalSource {
  const stretch = requestsPerSecond === undefined ? 1 : meanRate(requests) / requestsPerSecond;
  const start = requests[0]?.atSeconds ?? 0;
  let index = 0;
  return {
    atStart: 0,
    closedLoop: false,
    nextAt: () => {
      const request = requests[index];
      return request === undefined ? Infinity : (request.atSeconds - start) * stretch;
    },
    take: () => {
      const request = requests[index++];
      return request ?? { inputTokens: 0, outputTokens: 0 };
    },
  };
}

/** Gaps per second: n requests have n - 1 gaps. */
function meanRate(requests: readonly TraceRequest[]): number {
  const first = requests[0]?.atSeconds ?? 0;
  const last = requests.at(-1)?.atSeconds ?? 0;
  return last > first ? (requests.length - 1) / (last - first) : 1;
}

function drawLengths(lengths: Lengths, random: RandomStream): Omit<TraceRequest, "atSeconds"> {
  return {
    inputTokens: drawLength(lengths.inputTokens, lengths, random),
    outputTokens: drawLength(lengths.outputTokens, lengths, random),
  };
}

function drawLength(nominal: number, { fraction }: Lengths, random: RandomStream): number {
  if (fraction === undefined) return nominal;
  const from = Math.max(1, Math.round(nominal * fraction.from));
  return random.integer(from, Math.max(from, Math.round(nominal * fraction.to)));
}

/** The longest request that can come, in tokens. */
export function longestRequest(arrivals: Arrivals): { readonly inputTokens: number; readonly outputTokens: number } {
  if (arrivals.kind !== "trace") {
    const factor = Math.max(1, arrivals.fraction?.to ?? 1);
    return {
      inputTokens: Math.round(arrivals.inputTokens * factor),
      outputTokens: Math.round(arrivals.outputTokens * factor),
    };
  }
  return arrivals.requests.reduce(
    (longest, request) => ({
      inputTokens: Math.max(longest.inputTokens, request.inputTokens),
      outputTokens: Math.max(longest.outputTokens, request.outputTokens),
    }),
    { inputTokens: 0, outputTokens: 0 },
  );
}
