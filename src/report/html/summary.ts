import type { ClientPlan } from "../../plan/client";
import type { PoolPlan } from "../../plan/pool";
import type { ClientFacts, PlanReport, Proof, ServedFacts } from "./report-data";
import { brief, dollars, duration, grouped, plural, tokens } from "../numbers";
import { markup, type Content, type Markup } from "./markup";
import { clientColour } from "./palette";

const tpotName = markup`<abbr title="time per output token">TPOT</abbr>`;
const ttftName = markup`<abbr title="time to first token">TTFT</abbr>`;

/** The first screen: what is served, how fast, for how much, and how far from the best there is. */
export function summary(report: PlanReport): Markup {
  const { rack: plan, lines = [] } = report;
  const used = plan.rack.trays - plan.freeTrays;
  const trays = `${plural(plan.rack.trays, "tray")} of ${plural(plan.rack.gpusPerTray, "GPU")}, ${used} in use, ${plan.freeTrays} free`;
  return markup`<header id="summary">
<h1>${report.title}</h1>
<p class="quiet">${plan.rack.name}: ${trays}${warningLink(report)}</p>
${hasSummary(report) ? markup`<h2 class="unseen">What is served</h2>` : undefined}${report.proof === undefined ? undefined : proofLine(report.proof)}
${lines.length === 0 ? undefined : markup`<div class="cards">${lines.map((line) => clientCard(report, line))}</div>`}
</header>
`;
}

function hasSummary({ lines = [], proof }: PlanReport): boolean {
  return lines.length > 0 || proof !== undefined;
}

function warningLink({ warnings = [] }: PlanReport): Content {
  if (warnings.length === 0) return undefined;
  return markup` · <a href="#warnings">${plural(warnings.length, "warning")}</a>`;
}

function proofLine(proof: Proof): Markup {
  const { gap, binding, milliseconds } = proof;
  const time = milliseconds === undefined ? "" : `, planned in ${brief(milliseconds / 1000)} s`;
  return markup`<div class="card proof" id="proof">
<p><strong>${percent(1 - gap)} of the bound</strong></p>
<p>${comparison(proof)}${time}</p>
<p class="quiet">${gap > 0 ? "what keeps it from the bound" : "what decides the bound"}: ${binding}</p>
</div>`;
}

/** More is better for what is served, less for trays and dollars: the bound lies on the better side. */
function comparison({ found, bound, unit }: Proof): string {
  if (found === bound) return `${brief(found)} ${unit}, and no plan is better`;
  return `${brief(found)} found, no plan ${found < bound ? "above" : "below"} ${brief(bound)} ${unit}`;
}

function clientCard(report: PlanReport, facts: ClientFacts): Markup {
  const plan = report.rack.clients.find(({ client }) => client === facts.client);
  return markup`<article class="card client" style="--client: ${clientColour(report.rack, facts.client)}">
<h3>${facts.client}</h3>
${plan === undefined ? undefined : markup`<p class="quiet">${planPhrase(plan)}</p>`}
<dl class="facts">
${facts.prediction === undefined ? unpredicted(facts) : predicted(facts, facts.prediction)}${costFacts(facts)}</dl>
</article>
`;
}

function planPhrase(plan: ClientPlan): string {
  const { workload } = plan;
  const lengths = `${tokens(workload.inputTokens)} in / ${tokens(workload.outputTokens)} out`;
  const engine = `${plan.engine} ${plan.engineVersion}`;
  return [lengths, engine, poolPhrase(plan.prefill), poolPhrase(plan.decode)].join(" · ");
}

/** "decode 1 × 32 GPUs (EP32, batch 128)". */
function poolPhrase(pool: PoolPlan): string {
  const batch = pool.role === "decode" ? `, batch ${grouped(pool.runningRequestsPerRank)}` : "";
  return `${pool.role} ${pool.workers} × ${plural(pool.gpusPerWorker, "GPU")} (EP${pool.parallel.expert}${batch})`;
}

function unpredicted({ askedRequestsPerSecond: asked }: ClientFacts): Markup {
  const wanted = asked === undefined ? "" : `, ${brief(asked)} requests/s asked`;
  return fact("Served", "not predicted", `no published measurement is near this plan${wanted}`);
}

function predicted(facts: ClientFacts, served: ServedFacts): Content {
  const { requestsPerSecond: rate, tpotMilliseconds: tpot } = served;
  return [
    fact("Served", withUnit(brief(rate), "requests/s"), rateVerdict(rate, facts.askedRequestsPerSecond)),
    fact(tpotName, withUnit(brief(tpot), "ms"), timeVerdict(tpot, facts.promisedTpotMilliseconds, "ms")),
    ttftFact(facts, served),
    fact("Uncertainty", `± ${percent(served.uncertainty)}`, `${served.saturatedPool} is full first`),
  ];
}

function ttftFact({ promisedTtftSeconds: promised }: ClientFacts, { ttft }: ServedFacts): Markup {
  if ("notQuoted" in ttft) {
    const wanted = promised === undefined ? "" : `; ${brief(promised)} s promised`;
    return fact(ttftName, "not quoted", `${ttft.notQuoted}${wanted}`);
  }
  const p90 = markup`p90 ${brief(ttft.p90Seconds)} s`;
  const verdict = timeVerdict(ttft.p50Seconds, promised, "s");
  return fact(
    ttftName,
    withUnit(brief(ttft.p50Seconds), "s"),
    markup`p50, ${p90}${verdict === undefined ? undefined : markup`<br>${verdict}`}`,
  );
}

function rateVerdict(rate: number, asked: number | undefined): Content {
  if (asked === undefined) return undefined;
  return rate < asked
    ? markup`<span class="bad">below the ${brief(asked)} asked</span>`
    : markup`<span class="good">${brief(asked)} asked</span>`;
}

function timeVerdict(time: number, promised: number | undefined, unit: string): Content {
  if (promised === undefined) return undefined;
  return time > promised
    ? markup`<span class="bad">above the ${brief(promised)} ${unit} promised</span>`
    : markup`<span class="good">${brief(promised)} ${unit} promised</span>`;
}

function costFacts(facts: ClientFacts): Content {
  const { dollarsPerMillionOutputTokens: output, dollarsPerMillionInputTokens: input } = facts;
  const { kilowatts, tokensPerJoule, startupSeconds } = facts;
  const perMillion = [
    ...(output === undefined ? [] : [`$${brief(output)} per million tokens out`]),
    ...(input === undefined ? [] : [`$${brief(input)} in`]),
  ];
  const perJoule = tokensPerJoule === undefined ? undefined : `${brief(tokensPerJoule)} tokens/J`;
  return [
    fact("Cost", withUnit(dollars(facts.dollarsPerHour), "per hour"), perMillion.join(" or ")),
    kilowatts === undefined ? undefined : fact("Power", withUnit(brief(kilowatts), "kW"), perJoule),
    startupSeconds === undefined ? undefined : fact("Ready in", duration(startupSeconds), "from pod start"),
  ];
}

function fact(name: Content, value: Content, remark: Content): Markup {
  return markup`<div><dt>${name}</dt><dd><strong>${value}</strong>${remark}</dd></div>
`;
}

function withUnit(value: string, unit: string): Markup {
  return markup`${value} <small>${unit}</small>`;
}

/** 0.876 -> "87.6 %". */
export function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
