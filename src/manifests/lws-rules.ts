import type { Problem } from "../problems";
import type { LeaderWorkerSet } from "./leader-worker-set";

/**
 * What the admission webhook of LeaderWorkerSet would refuse (lws v0.9.0, pkg/webhooks/leaderworkerset_webhook.go,
 * generalValidate), as far as a pool can get there. A webhook's denial does not show in a preview, so it is made here.
 */
export function checkLeaderWorkerSet(set: LeaderWorkerSet, queue: "none" | "kueue" = "none"): Problem[] {
  return [...checkName(set, queue), ...checkSize(set), ...checkRollout(set)];
}

/** The name becomes that of a Service, hence RFC 1035: unlike RFC 1123 it must begin with a letter. */
function checkName(set: LeaderWorkerSet, queue: "none" | "kueue"): Problem[] {
  const { name } = set.metadata;
  const problems: Problem[] = [];
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    problems.push({
      path: "metadata.name",
      what: `"${name}" is not a DNS label`,
      rule: "lower case letters, digits and dashes, beginning with a letter and not ending with a dash (RFC 1035)",
      fix: "choose another name",
    });
  }
  const label = longestLabel(set, queue);
  if (label.length > 63) {
    problems.push({
      path: "metadata.name",
      what: `its pods would be labelled "${label}", which has ${label.length} characters`,
      rule: "a label has at most 63 characters; the set would be created, and its pods refused for ever",
      fix: `shorten the name to ${63 - (label.length - name.length)} characters`,
    });
  }
  return problems;
}

/**
 * The longest label that a name ends up in; no webhook looks at it. Without Kueue it is the revision of a StatefulSet:
 * of the set's own when its groups are single pods, else of a group's, `<name>-<group>` (kubernetes-sigs/lws#410). The
 * hash has nine or ten characters, so a name one too long fails for some templates only, that is, in a later roll-out.
 * Kueue names a workload per group, with a hash of five (kubernetes-sigs/kueue#10311).
 */
function longestLabel(set: LeaderWorkerSet, queue: "none" | "kueue"): string {
  const { name } = set.metadata;
  const lastGroup = Math.max(set.spec.replicas - 1, 0);
  if (queue === "kueue") return `leaderworkerset-${name}-${lastGroup}-xxxxx`;
  const { size } = set.spec.leaderWorkerTemplate;
  return size > 1 ? `${name}-${lastGroup}-xxxxxxxxxx` : `${name}-xxxxxxxxxx`;
}

function checkSize(set: LeaderWorkerSet): Problem[] {
  const { replicas, leaderWorkerTemplate } = set.spec;
  const { size } = leaderWorkerTemplate;
  const problems: Problem[] = [];
  if (replicas < 0) problems.push(tooSmall("spec.replicas", replicas, 0));
  if (size < 1) problems.push(tooSmall("spec.leaderWorkerTemplate.size", size, 1));
  return problems;
}

function tooSmall(path: string, value: number, least: number): Problem {
  return {
    path,
    what: `is ${value}`,
    rule: `must be at least ${least} (LeaderWorkerSet webhook)`,
    fix: `write ${least} or more`,
  };
}

function checkRollout(set: LeaderWorkerSet): Problem[] {
  const path = "spec.rolloutStrategy.rollingUpdateConfiguration";
  const { maxUnavailable, maxSurge } = set.spec.rolloutStrategy.rollingUpdateConfiguration;
  const malformed = [
    ...checkAmount(`${path}.maxUnavailable`, maxUnavailable),
    ...checkAmount(`${path}.maxSurge`, maxSurge),
  ];
  if (malformed.length > 0) return malformed;
  const { replicas } = set.spec;
  // Kubernetes rounds what may be missing down and what may be added up.
  const unavailable = Math.floor(groups(maxUnavailable, replicas));
  const surge = Math.ceil(groups(maxSurge, replicas));
  if (unavailable > 0 || surge > 0 || replicas === 0) return [];
  return [
    {
      path: `${path}.maxUnavailable`,
      what: `is ${maxUnavailable} and maxSurge ${maxSurge}: both come to 0 of ${replicas} groups`,
      rule: "a rolling update must be able to remove or to add a group (LeaderWorkerSet webhook)",
      fix: "set maxUnavailable to 1",
    },
  ];
}

function checkAmount(path: string, amount: number | string): Problem[] {
  if (typeof amount === "number" && amount >= 0) return [];
  if (typeof amount === "string" && /^\d+%$/.test(amount) && parseInt(amount, 10) <= 100) return [];
  return [
    {
      path,
      what: `is ${amount}`,
      rule: "must be a number from 0 on, or a percentage up to 100% (LeaderWorkerSet webhook)",
      fix: "write 1",
    },
  ];
}

function groups(amount: number | string, replicas: number): number {
  return typeof amount === "number" ? amount : (parseInt(amount, 10) * replicas) / 100;
}
