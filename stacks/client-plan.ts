import { domainRef } from "../src/components/domain-ref";
import { publish } from "../src/components/expert-publication";
import type { ClientPlan } from "../src/plan/client";
import { planClient } from "../src/plan/plan-client";
import { rackNamed } from "../src/plan/rack";
import { below, type Problem } from "../src/problems";
import type { ClientAllocation } from "../src/refs";
import { inConfigTerms } from "./config-paths";
import { balancerArgs, domainArgs, poolIntents } from "./client-args";
import type { ClientConfig, SizedClientConfig } from "./config";
import { checkRecordings } from "./recording-args";
import { sizePools } from "./sized-config";

export interface PlannedStack {
  /** The configuration with every size that the planner chose. */
  readonly config?: SizedClientConfig;
  readonly plan?: ClientPlan;
  readonly problems: readonly Problem[];
}

/** Plans a client as its stack will deploy it, without creating anything: for the program, the terminal and tests. */
export function planClientStack(config: ClientConfig, share: ClientAllocation, directory: string): PlannedStack {
  const sized = sizePools(config, share);
  return "problems" in sized ? sized : planSized(sized.config, share, directory);
}

function planSized(config: SizedClientConfig, share: ClientAllocation, directory: string): PlannedStack {
  const domain = domainRef(domainArgs(config, share));
  const published = publish(`${config.client}-experts`, balancerArgs(config, domain, directory));
  if ("problems" in published) {
    return { problems: inConfigTerms(below("experts", published.problems)) };
  }
  const intents = poolIntents(config, domain, published.design.ref);
  if ("problems" in intents) return intents;
  const { client, workload, slo } = config;
  const request = { client, workload, slo, ...intents, grantedTrays: domain.trays };
  const planned = planClient(request, rackNamed(config.hardware));
  const unbalanced = below("experts", published.design.warnings);
  const unrecordable = checkRecordings(config, domain, published.design.ref);
  return {
    config,
    problems: inConfigTerms([...planned.problems, ...unrecordable]),
    ...(planned.plan === undefined
      ? {}
      : { plan: { ...planned.plan, warnings: inConfigTerms([...planned.plan.warnings, ...unbalanced]) } }),
  };
}
