import { allocate } from "../../src/plan/allocate/allocate";
import type { ModePlan } from "../../src/plan/allocate/plan";
import { answerTerms, demandedClients } from "./split-question";

/** The best splits of one rack for one engine, promise and ratio of demand; rates are client 1's, requests/s. */
export interface SplitRow {
  readonly tpotMilliseconds: number;
  readonly ratio: number;
  /** Separate pools, decode workers of one size: what stacks deploy. */
  readonly oneSize: number;
  /** Separate pools, several decode worker sizes. */
  readonly separate: number;
  /** One prefill pool for both, several decode worker sizes. */
  readonly shared: number;
  readonly optionA: number;
  readonly bound: number;
  /** Of the best of them. */
  readonly gap: number;
  readonly milliseconds: number;
  readonly pools: string;
  readonly explanation: string;
}

export const promises = [20, 30, 50] as const;
export const ratios = [0.5, 1, 2, 4] as const;

/** No headroom, no promise on TTFT, as the published comparison has it. */
export async function splitRow(engine: string, tpotMilliseconds: number, ratio: number): Promise<SplitRow> {
  const begun = performance.now();
  const clients = demandedClients(engine, tpotMilliseconds, ratio);
  const { allocation } = await allocate(answerTerms(clients, { prefill: "either", mixedDecode: true }));
  const milliseconds = performance.now() - begun;
  const oneSize = await allocate(answerTerms(clients, { prefill: "separate", mixedDecode: false }));
  if (allocation?.bound === undefined) throw new Error(`no plan for ${engine} at ${tpotMilliseconds} ms`);
  const { plan, alternative, bound, baselines } = allocation;
  const shareOf = (mode: string): number => [plan, alternative].find((one) => one?.mode === mode)?.share ?? 0;
  return {
    tpotMilliseconds,
    ratio,
    oneSize: oneSize.allocation?.plan.share ?? 0,
    separate: shareOf("separate"),
    shared: shareOf("shared"),
    optionA: baselines.find(({ name }) => name.startsWith("option A"))?.share ?? 0,
    bound: bound.value,
    gap: bound.gap,
    milliseconds,
    pools: poolsText(plan),
    explanation: bound.explanation.replace(/^[^:]*: [^:]*: /, ""),
  };
}

/** "12P shared, client1 [36,16], client2 [8]": GPUs of prefill, and of every decode worker. */
function poolsText(plan: ModePlan): string {
  const [rack] = plan.racks;
  const shared = rack?.sharedPrefill === undefined ? "" : `${rack.sharedPrefill.gpus}P shared, `;
  const pools = rack?.clients.map(({ client, prefill, decode }) => {
    const own = prefill.gpus > 0 ? `${prefill.gpus}P+` : "";
    return `${client} ${own}[${decode.workerTrays.map((trays) => trays * 4).join(",")}]`;
  });
  return `${shared}${pools?.join(", ") ?? ""}`;
}
