import type { ClientPlan } from "./client";

/** A GB200 GPU with its share of tray, switches and cooling (SemiAnalysis InferenceX, constants of its GB200 cost model). */
export const kilowattsPerGpu = 2.1;

/** What a client's GPUs draw when they are busy, and what they make of it. */
export interface ClientPower {
  readonly kilowatts: number;
  /** Answer tokens at the predicted rate; absent without a prediction. */
  readonly outputTokensPerJoule?: number;
}

export function clientPower({
  gpus,
  workload,
  prediction,
}: Pick<ClientPlan, "gpus" | "workload" | "prediction">): ClientPower {
  const kilowatts = gpus * kilowattsPerGpu;
  if (prediction === undefined) return { kilowatts };
  const tokensPerSecond = prediction.requestsPerSecond * workload.outputTokens;
  return { kilowatts, outputTokensPerJoule: tokensPerSecond / (1000 * kilowatts) };
}
