import assert from "node:assert/strict";
import { decodeIntent, prefillIntent } from "../../src/components/pool-intent";
import { designPool } from "../../src/components/pool-design";
import { designRouter } from "../../src/components/router-design";
import { summarise } from "../../src/report/plan-summary";
import { parsePreview } from "../../src/report/preview/digest";
import { renderReport } from "../../src/report/preview/markdown";
import { decodeArgs, domain, prefillArgs } from "../support/component-args";
import { onTheWire } from "../support/created-objects";
import { engineCases } from "../support/engine-cases";
import { client1Plan } from "./plans";
import { decodeUrn, digestText, groups, routerUrn, types as previewTypes, type StepFixture } from "./previews";

const types = {
  ray: "kubernetes:ray.io/v1:RayService",
  alpha: "kubernetes:nvidia.com/v1alpha1:DynamoGraphDeployment",
  beta: "kubernetes:nvidia.com/v1beta1:DynamoGraphDeployment",
} as const;

/** A client's graph with so many prefill workers. */
function graph(kind: keyof typeof types, prefillWorkers = 1): object {
  const title = { ray: "vLLM on Ray Serve", alpha: "TensorRT-LLM on Dynamo", beta: "TensorRT-LLM on Dynamo, v1beta1" };
  const { engine, graphVersion } = engineCases.find((one) => one.title === title[kind]) ?? {};
  if (engine === undefined) throw new Error(kind);
  const big = { ...domain, trays: 18 };
  const shared = { engine, domain: big };
  const prefill = designPool("client1-prefill", prefillArgs({ ...shared, workers: prefillWorkers }), prefillIntent);
  const decode = designPool("client1-decode", decodeArgs(shared), decodeIntent);
  if ("problems" in prefill || "problems" in decode) throw new Error("pools");
  const pools = { prefill: [prefill.design.ref], decode: [decode.design.ref] };
  const routed = designRouter("client1-router", {
    domain: big,
    ...pools,
    ...(graphVersion === undefined ? {} : { graphVersion }),
  });
  if ("problems" in routed || routed.design.entrance.kind !== "graph") throw new Error("router");
  return onTheWire(routed.design.entrance.graph);
}

const router = (kind: keyof typeof types): Pick<StepFixture, "type" | "name" | "parent"> => ({
  type: types[kind],
  name: "client1-router-graph",
  parent: routerUrn,
});

function report(step: Pick<StepFixture, "op" | "before" | "after" | "differing">, kind: keyof typeof types): string[] {
  return renderLines([{ ...router(kind), ...step }]);
}

function renderLines(steps: readonly StepFixture[]): string[] {
  const preview = parsePreview(digestText({ steps }));
  assert.ok(preview);
  const plan = summarise(client1Plan());
  return renderReport({ stack: "client1", preview, before: plan, after: plan }).split("\n");
}

/** What a report says of the router, and its headline. */
function told(lines: readonly string[]): readonly (string | undefined)[] {
  return [lines[0]?.replace(/ <!--.*/, ""), lines.find((line) => line.startsWith("**client1 router**"))];
}

describe("a report of an object that holds all roles", () => {
  it("says that Ray's cluster stops as a whole, and for how long nobody is served", () => {
    const differing = { "spec.rayClusterConfig.workerGroupSpecs[0].replicas": "update-replace" };
    const lines = report({ op: "replace", before: graph("ray"), after: graph("ray", 3), differing }, "ray");
    assert.deepEqual(told(lines), [
      "### nvl72 client1: client1 router is replaced (about 10 min), +8 GPUs, 1 replaced",
      "**client1 router**: +8 GPUs, the RayService is replaced: prefill and decode stop together and start again (about 10 min)",
    ]);
    assert.match(lines.join("\n"), /Risk: .*both roles/);
  });

  it("says which roles Ray Serve redeploys, and that a change of its ingress alone stops nobody", () => {
    const service = graph("ray") as { spec: { serveConfigV2: string } };
    const edited = (from: string, to: string): object => {
      const serveConfigV2 = service.spec.serveConfigV2.replace(from, to);
      assert.notEqual(serveConfigV2, service.spec.serveConfigV2);
      return { ...service, spec: { ...service.spec, serveConfigV2 } };
    };
    const differing = { "spec.serveConfigV2": "update" };
    const decode = report(
      { op: "update", before: service, after: edited("max_num_seqs: 256", "max_num_seqs: 128"), differing },
      "ray",
    );
    assert.equal(
      told(decode)[1],
      "**client1 router**: Ray Serve redeploys decode, nothing serves where there is only one (about 10 min)",
    );
    assert.match(decode.join("\n"), /\*\*interruption\*\* \(client1 router\); none of: .*both roles at once/);
    const ingress = report(
      { op: "update", before: service, after: edited("min_replicas: 48", "min_replicas: 50"), differing },
      "ray",
    );
    assert.equal(told(ingress)[1], "**client1 router**: in place, no pod restarts");
  });

  it("tells more workers of a Dynamo graph from other workers, in both versions", () => {
    const paths = { alpha: "spec.services.prefill", beta: "spec.components[1]" } as const;
    for (const kind of ["alpha", "beta"] as const) {
      const differing = { [`${paths[kind]}.replicas`]: "update" };
      const scaled = report({ op: "update", before: graph(kind), after: graph(kind, 2), differing }, kind);
      assert.deepEqual(told(scaled), [
        "### nvl72 client1: client1 router scales, +4 GPUs, nothing replaced",
        "**client1 router**: +4 GPUs, workers come or go, the others run on",
      ]);
      const inside = { [`${paths[kind]}.extraPodSpec.mainContainer.args[1]`]: "update" };
      const rolled = report({ op: "update", before: graph(kind), after: graph(kind), differing: inside }, kind);
      assert.equal(
        told(rolled)[1],
        "**client1 router**: rolls prefill and decode worker by worker, nothing serves where there is only one (about 10 min)",
      );
    }
  });

  it("tells another engine as what it is: pods of pools stop, and the router's object makes new ones", () => {
    const note = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "client1-decode" }, data: {} };
    const proxy = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "client1-router" }, spec: {} };
    const own = groups(1, 8, []);
    const pool = { type: previewTypes.configMap, name: "client1-decode-workers", parent: decodeUrn };
    const differing = { kind: "update-replace" };
    const away = renderLines([
      { op: "replace", ...pool, before: own, after: note, differing },
      { op: "replace", ...router("ray"), before: proxy, after: graph("ray"), differing },
    ]);
    assert.deepEqual(away.slice(0, 1).concat(away.filter((line) => /^(- |\*\*client1)/.test(line))), [
      "### nvl72 client1: client1 router is replaced (about 10 min), +4 GPUs, 2 replaced <!-- nvl72-report:client1 -->",
      "- LeaderWorkerSet `client1-decode-workers` is **replaced** by a ConfigMap",
      "- Deployment `client1-router-graph` is **replaced** by a RayService",
      "**client1 decode**: 8 trays, -32 GPUs, its pods stop, and the router's object makes new ones",
      "**client1 router**: +36 GPUs, a RayService in place of the Deployment: prefill and decode stop together and start again (about 10 min)",
    ]);
    const back = renderLines([
      { op: "replace", ...pool, type: previewTypes.leaderWorkerSet, before: note, after: own, differing },
      { op: "replace", ...router("ray"), type: previewTypes.deployment, before: graph("ray"), after: proxy, differing },
    ]);
    assert.deepEqual(
      back.filter((line) => line.startsWith("**client1")),
      [
        "**client1 decode**: 8 trays, +32 GPUs, a LeaderWorkerSet of its own again",
        "**client1 router**: -36 GPUs, a Deployment in place of the RayService: prefill and decode stop together and start again (about 10 min)",
      ],
    );
    for (const lines of [away, back]) {
      assert.match(lines.join("\n"), /\*\*interruption\*\* \(client1 decode, client1 router\), \*\*address change\*\*/);
    }
  });

  it("counts the GPUs of a first deployment", () => {
    for (const kind of ["ray", "alpha", "beta"] as const) {
      assert.match(
        told(report({ op: "create", after: graph(kind) }, kind))[1] ?? "",
        /^\*\*client1 router\*\*: \+36 GPUs/,
      );
    }
  });
});
