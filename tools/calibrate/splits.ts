// The best split of one rack for ratios of demand and promises on TPOT, beside Option A and the bound.
// usage: node tools/run.mjs tools/calibrate/splits.ts [trtllm|sglang]
import { allocate } from "../../src/plan/allocate/allocate";
import type { ModePlan } from "../../src/plan/allocate/plan";
import { answerTerms, demandedClients } from "./split-question";

const engine = process.argv[2] ?? "trtllm";

async function main(): Promise<void> {
  console.log(
    `${engine}, NVFP4, no headroom, no promise on TTFT; rates are client 1's, client 2 gets ratio times as many`,
  );
  console.log("TPOT  ratio  separate  shared  one size  option A  bound   gap    ms   pools, and why not more");
  for (const tpotMilliseconds of [20, 30, 50]) {
    for (const ratio of [0.5, 1, 2, 4]) console.log(await row(tpotMilliseconds, ratio));
  }
}

async function row(tpotMilliseconds: number, ratio: number): Promise<string> {
  const begun = performance.now();
  const clients = demandedClients(engine, tpotMilliseconds, ratio);
  const { allocation } = await allocate(answerTerms(clients, { prefill: "either", mixedDecode: true }));
  const milliseconds = performance.now() - begun;
  const oneSize = (await allocate(answerTerms(clients, { prefill: "separate", mixedDecode: false }))).allocation;
  if (allocation?.bound === undefined) return `${tpotMilliseconds}  ${ratio}  no plan`;
  const { plan, alternative, bound, baselines } = allocation;
  const of = (mode: string): string => ([plan, alternative].find((one) => one?.mode === mode)?.share ?? 0).toFixed(1);
  const a = baselines.find(({ name }) => name.startsWith("option A"))?.share ?? 0;
  return [
    String(tpotMilliseconds).padStart(4),
    String(ratio).padStart(6),
    of("separate").padStart(9),
    of("shared").padStart(7),
    (oneSize?.plan.share ?? 0).toFixed(1).padStart(9),
    a.toFixed(1).padStart(9),
    bound.value.toFixed(1).padStart(6),
    `${(100 * bound.gap).toFixed(1)} %`.padStart(7),
    milliseconds.toFixed(0).padStart(5),
    ` ${poolsText(plan)}; ${bound.explanation.replace(/^[^:]*: [^:]*: /, "")}`,
  ].join(" ");
}

function poolsText(plan: ModePlan): string {
  const [rack] = plan.racks;
  const shared = rack?.sharedPrefill === undefined ? "" : `${rack.sharedPrefill.gpus}P shared, `;
  const pools = rack?.clients.map(({ client, prefill, decode }) => {
    const own = prefill.gpus > 0 ? `${prefill.gpus}P+` : "";
    return `${client} ${own}[${decode.workerTrays.map((trays) => trays * 4).join(",")}]`;
  });
  return `${shared}${pools?.join(", ") ?? ""}`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
