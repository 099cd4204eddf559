import type { ClientPlan, RackPlan } from "./client";

/** What a GPU-hour of GB200 NVL72 costs, power and network included. */
export interface PriceTier {
  readonly name: string;
  readonly dollarsPerGpuHour: number;
  readonly what: string;
}

/** SemiAnalysis InferenceX, constants of its GB200 cost model (read 2026-11-21). */
export const priceTiers = {
  hyperscaler: { name: "hyperscaler", dollarsPerGpuHour: 2.21, what: "total cost of ownership of a hyperscaler" },
  neocloud: { name: "neocloud", dollarsPerGpuHour: 2.75, what: "total cost of ownership of a neocloud" },
  rental: { name: "rental", dollarsPerGpuHour: 3.3, what: "three-year rental" },
} as const satisfies Record<string, PriceTier>;

/** What a client costs, and what its tokens cost when both pools run at the predicted rate. */
export interface ClientCost {
  readonly tier: string;
  readonly dollarsPerGpuHour: number;
  readonly dollarsPerHour: number;
  /** The whole bill divided by the answers' tokens. Absent without a prediction. */
  readonly dollarsPerMillionOutputTokens?: number;
  /** The whole bill divided by the prompts' tokens: another view of the same bill, not a second one. */
  readonly dollarsPerMillionInputTokens?: number;
}

const secondsPerHour = 3600;
const million = 1e6;

export function clientCost(
  client: Pick<ClientPlan, "gpus" | "workload" | "prediction">,
  tier: PriceTier = priceTiers.neocloud,
): ClientCost {
  const dollarsPerHour = client.gpus * tier.dollarsPerGpuHour;
  const bill = { tier: tier.name, dollarsPerGpuHour: tier.dollarsPerGpuHour, dollarsPerHour };
  const rate = client.prediction?.requestsPerSecond;
  if (rate === undefined || rate <= 0) return bill;
  const perMillion = (tokensPerRequest: number): number =>
    (dollarsPerHour * million) / (secondsPerHour * rate * tokensPerRequest);
  return {
    ...bill,
    dollarsPerMillionOutputTokens: perMillion(client.workload.outputTokens),
    dollarsPerMillionInputTokens: perMillion(client.workload.inputTokens),
  };
}

/** The rack with its idle trays: GPUs nobody uses are paid for all the same. */
export function rackDollarsPerHour(plan: Pick<RackPlan, "rack">, tier: PriceTier = priceTiers.neocloud): number {
  return plan.rack.trays * plan.rack.gpusPerTray * tier.dollarsPerGpuHour;
}
