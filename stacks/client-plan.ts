import { domainRef } from "../src/components/domain-ref";
import { publish } from "../src/components/expert-publication";
import type { ClientPlan } from "../src/plan/client";
import { planClient } from "../src/plan/plan-client";
import { gb200Nvl72 } from "../src/plan/rack";
import type { Problem } from "../src/problems";
import type { ClientAllocation } from "../src/refs";
import { balancerArgs, clientRequest, domainArgs } from "./client-args";
import type { ClientConfig } from "./config";

export interface PlannedStack {
  readonly plan?: ClientPlan;
  readonly problems: readonly Problem[];
}

/** Plans a client as its stack will deploy it, without creating anything: for the program, the terminal and tests. */
export function planClientStack(config: ClientConfig, share: ClientAllocation, directory: string): PlannedStack {
  const domain = domainRef(domainArgs(config, share));
  const published = publish(`${config.client}-experts`, balancerArgs(config, domain, directory));
  if ("problems" in published) {
    return { problems: published.problems.map((problem) => ({ ...problem, path: `experts.${problem.path}` })) };
  }
  const { request, problems } = clientRequest(config, domain, published.publication.ref);
  return request === undefined ? { problems } : planClient(request, gb200Nvl72);
}
