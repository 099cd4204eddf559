import type { MockLoad } from "./mock-engine-load";

export interface Placement {
  readonly ranks: number;
  /** [layer][slot], slots of a rank one after the other. */
  readonly physicalToLogical: readonly (readonly number[])[];
}

/** How a model has its experts without a placement: in their order, none twice. */
export function trivialPlacement(layers: number, experts: number, ranks: number): Placement {
  const order = Array.from({ length: experts }, (_, expert) => expert);
  return { ranks, physicalToLogical: Array.from({ length: layers }, () => order) };
}

/**
 * Mean over maximum of what the ranks get, averaged over layers. A layer without routed tokens counts as one, as in
 * SGLang (compute_utilization_rate). Of expected loads, so without the noise of a single pass.
 */
export function balancedness(shares: readonly (readonly number[])[], { ranks, physicalToLogical }: Placement): number {
  const rates = shares.map((row, layer) => {
    const slots = physicalToLogical[layer] ?? [];
    const replicas = new Map<number, number>();
    for (const expert of slots) replicas.set(expert, (replicas.get(expert) ?? 0) + 1);
    const loads = Array.from({ length: ranks }, () => 0);
    slots.forEach((expert, slot) => {
      const rank = Math.floor((slot * ranks) / slots.length);
      loads[rank] = (loads[rank] ?? 0) + (row[expert] ?? 0) / (replicas.get(expert) ?? 1);
    });
    const [total, fullest] = [loads.reduce((sum, load) => sum + load, 0), Math.max(...loads)];
    return fullest === 0 ? 1 : total / ranks / fullest;
  });
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

/** Counters that an engine shows, which only ever rise while it lives. */
export class MockCounters {
  private since: number;
  private placement: Placement;
  private tokens = 0;
  private passes = 0;
  private balance = 0;

  constructor(
    private readonly load: MockLoad,
    private readonly clock: () => number,
    private readonly stepsPerSecond: number,
    placement: Placement,
  ) {
    this.since = clock();
    this.placement = placement;
  }

  /** Moves the experts from now on. */
  place(placement: Placement): void {
    this.count();
    this.placement = placement;
  }

  /** What Prometheus gets, from the engine of a pool with metrics of its experts. */
  metrics(model: string): string {
    this.count();
    const labels = `engine_type="decode",model_name="${model}",moe_ep_rank="0",pp_rank="0",tp_rank="0"`;
    const running = this.load.tokensPerSecond > 0 ? Math.round(this.load.tokensPerSecond / this.stepsPerSecond) : 0;
    return [
      "# HELP sglang:num_running_reqs The number of running requests.",
      "# TYPE sglang:num_running_reqs gauge",
      `sglang:num_running_reqs{${labels}} ${running.toFixed(1)}`,
      "# HELP sglang:generation_tokens_total Number of generation tokens processed.",
      "# TYPE sglang:generation_tokens_total counter",
      `sglang:generation_tokens_total{${labels}} ${Math.floor(this.tokens).toFixed(1)}`,
      "# HELP sglang:eplb_balancedness Balancedness of MoE in expert parallelism.",
      "# TYPE sglang:eplb_balancedness summary",
      `sglang:eplb_balancedness_count{forward_mode="decode",${labels}} ${this.passes.toFixed(1)}`,
      `sglang:eplb_balancedness_sum{forward_mode="decode",${labels}} ${this.balance}`,
      "",
    ].join("\n");
  }

  private count(): void {
    const now = this.clock();
    for (const { seconds, shares, tokensPerSecond } of this.load.between(this.since, now)) {
      const passes = tokensPerSecond > 0 ? Math.round(seconds * this.stepsPerSecond) : 0;
      this.tokens += seconds * tokensPerSecond;
      this.passes += passes;
      this.balance += passes * balancedness(shares, this.placement);
    }
    this.since = now;
  }
}
