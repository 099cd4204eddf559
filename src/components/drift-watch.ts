import { expertDriftRule, type PrometheusRule } from "../manifests/expert-drift-rule";
import type { ModelShape } from "../plan/model-shape";
import type { Problem } from "../problems";
import type { ExpertBalancerArgs } from "./expert-args";

const usual = { margin: 0.1, forMinutes: 30, severity: "warning" } as const;

/** The alert of a balancer, where it is asked for one. `promised` is its balance over a long time. */
export function driftRule(
  name: string,
  { domain, drift }: ExpertBalancerArgs,
  shape: ModelShape,
  promised: number,
): { readonly rule?: PrometheusRule } {
  if (drift === undefined) return {};
  const { namespace, client } = domain;
  const { ruleLabels: labels = {}, ...stated } = drift;
  return { rule: expertDriftRule({ ...usual, ...stated, namespace, client, name, shape, promised, labels }) };
}

export function checkDrift({ mode, drift }: Pick<ExpertBalancerArgs, "mode" | "drift">): readonly Problem[] {
  if (drift === undefined) return [];
  const { margin, forMinutes } = { ...usual, ...drift };
  const problems: Problem[] = [];
  if (mode === "off") {
    problems.push({
      path: "drift",
      what: "a watch over experts in the model's order",
      rule: "nothing promises their balance, so the alert would always fire",
      fix: "mode static or dynamic, or leave it out",
    });
  }
  if (margin <= 0 || margin >= 1) {
    problems.push({
      path: "drift.margin",
      what: `${margin} is not a share of the promise`,
      rule: "the alert fires below (1 - margin) of what the placement promises",
      fix: "for example 0.1",
    });
  }
  if (!Number.isInteger(forMinutes) || forMinutes < 1) {
    problems.push({
      path: "drift.forMinutes",
      what: `${forMinutes} is not a number of minutes`,
      rule: "drift is what lasts",
      fix: "for example 30",
    });
  }
  return problems;
}
