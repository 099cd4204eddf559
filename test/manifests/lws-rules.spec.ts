import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { LeaderWorkerSet } from "../../src/manifests/leader-worker-set";
import { leaderWorkerSet } from "../../src/manifests/leader-worker-set";
import { checkLeaderWorkerSet } from "../../src/manifests/lws-rules";
import { placement, plan, process } from "./decode-pool";

interface Change {
  readonly name?: string;
  readonly replicas?: number;
  readonly size?: number;
  readonly maxUnavailable?: number | string;
  readonly maxSurge?: number | string;
}

function changed({ name = "client1-decode", replicas = 2, size = 2, maxUnavailable = 1, maxSurge = 0 }: Change) {
  const set = leaderWorkerSet({ ...placement, name }, plan, process);
  const { leaderWorkerTemplate } = set.spec;
  return {
    ...set,
    spec: {
      ...set.spec,
      replicas,
      rolloutStrategy: { type: "RollingUpdate", rollingUpdateConfiguration: { maxUnavailable, maxSurge } },
      leaderWorkerTemplate: { ...leaderWorkerTemplate, size },
    },
  } satisfies LeaderWorkerSet;
}

function pathsOf(change: Change, queue?: "kueue"): string[] {
  return checkLeaderWorkerSet(changed(change), queue).map(({ path }) => path);
}

describe("a LeaderWorkerSet passes", () => {
  it("as the library renders it", () => {
    assert.deepStrictEqual(checkLeaderWorkerSet(leaderWorkerSet(placement, plan, process)), []);
  });

  it("with nothing to roll out, or with percentages that come to a group", () => {
    assert.deepStrictEqual(pathsOf({ replicas: 0, maxUnavailable: 0 }), []);
    assert.deepStrictEqual(pathsOf({ maxUnavailable: "50%" }), []);
    assert.deepStrictEqual(pathsOf({ maxUnavailable: 0, maxSurge: "1%" }), []);
  });
});

describe("a LeaderWorkerSet is refused, as its webhook would", () => {
  it("for a name that is no RFC 1035 label", () => {
    for (const name of ["1decode", "Decode", "decode-", "de.code", ""]) {
      assert.deepStrictEqual(pathsOf({ name }), ["metadata.name"], name);
    }
  });

  it("for a negative number of groups, and for groups without a pod", () => {
    assert.deepStrictEqual(pathsOf({ replicas: -1 }), ["spec.replicas"]);
    assert.deepStrictEqual(checkLeaderWorkerSet(changed({ size: 0 })), [
      {
        path: "spec.leaderWorkerTemplate.size",
        what: "is 0",
        rule: "must be at least 1 (LeaderWorkerSet webhook)",
        fix: "write 1 or more",
      },
    ]);
  });

  it("for a roll-out that may neither remove nor add a group", () => {
    const path = "spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable";
    assert.deepStrictEqual(checkLeaderWorkerSet(changed({ maxUnavailable: "49%" })), [
      {
        path,
        what: "is 49% and maxSurge 0: both come to 0 of 2 groups",
        rule: "a rolling update must be able to remove or to add a group (LeaderWorkerSet webhook)",
        fix: "set maxUnavailable to 1",
      },
    ]);
    assert.deepStrictEqual(pathsOf({ maxUnavailable: 0 }), [path]);
  });

  it("for amounts that are no amounts", () => {
    const path = "spec.rolloutStrategy.rollingUpdateConfiguration";
    assert.deepStrictEqual(pathsOf({ maxUnavailable: -1 }), [`${path}.maxUnavailable`]);
    assert.deepStrictEqual(pathsOf({ maxUnavailable: "101%" }), [`${path}.maxUnavailable`]);
    assert.deepStrictEqual(pathsOf({ maxSurge: "one" }), [`${path}.maxSurge`]);
  });
});

describe("a LeaderWorkerSet is refused, where its webhook would not and its pods would fail", () => {
  it("for a name that does not fit the labels of its workers", () => {
    assert.deepStrictEqual(pathsOf({ name: "d".repeat(50) }), []);
    assert.deepStrictEqual(checkLeaderWorkerSet(changed({ name: "d".repeat(51) })), [
      {
        path: "metadata.name",
        what: `its pods would be labelled "${"d".repeat(51)}-1-xxxxxxxxxx", which has 64 characters`,
        rule: "a label has at most 63 characters; the set would be created, and its pods refused for ever",
        fix: "shorten the name to 50 characters",
      },
    ]);
  });

  it("earlier with more than ten groups, later with groups of one pod", () => {
    assert.deepStrictEqual(pathsOf({ name: "d".repeat(50), replicas: 11 }), ["metadata.name"]);
    assert.deepStrictEqual(pathsOf({ name: "d".repeat(52), size: 1 }), []);
    assert.deepStrictEqual(pathsOf({ name: "d".repeat(53), size: 1 }), ["metadata.name"]);
  });

  it("much earlier under Kueue", () => {
    assert.deepStrictEqual(pathsOf({ name: "d".repeat(39) }, "kueue"), []);
    assert.deepStrictEqual(pathsOf({ name: "d".repeat(40) }, "kueue"), ["metadata.name"]);
  });
});
