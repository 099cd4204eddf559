import assert from "node:assert/strict";
import { DecodePool, PrefillPool, Router, type RouterArgs } from "../../src/index";
import { decodeArgs, domain, domainArgs, poolRefs, prefillArgs } from "../support/component-args";
import { domainRef } from "../../src/components/domain-ref";
import { created } from "../support/created-objects";
import { engineCases, type EngineCase } from "../support/engine-cases";
import { refusalOf, runProgram, type Registration } from "../support/registration-harness";

const name = "client1-router";

function engineCase(title: string): EngineCase {
  const found = engineCases.find((candidate) => candidate.title === title);
  if (found === undefined) throw new Error(title);
  return found;
}

const ray = engineCase("vLLM on Ray Serve").engine;
const dynamo = engineCase("TensorRT-LLM on Dynamo").engine;

async function graphOf(engine: EngineCase["engine"], args: Partial<RouterArgs> = {}): Promise<Registration> {
  return created(await runProgram(() => new Router(name, { domain, ...poolRefs(engine), ...args })), `${name}-graph`);
}

async function problemsOf(make: () => unknown): Promise<readonly string[]> {
  const { message } = await refusalOf(make);
  return message.split("\n").filter((line) => /^ {2}\w/.test(line));
}

/** Types and names under which the state may know the object. */
function knownAs({ aliases }: Registration): readonly string[] {
  return (aliases as readonly { readonly spec: { readonly name: string; readonly type: string } }[]).map(({ spec }) =>
    `${spec.type.split(":").at(-1) ?? ""} ${spec.name}`.trim(),
  );
}

describe("a router that makes the pods of its pools", () => {
  it("replaces a Ray cluster whatever changes in it: KubeRay would change nothing", async () => {
    const graph = await graphOf(ray);
    assert.deepEqual(graph.replaceOnChanges, ["kind", "apiVersion", "spec.rayClusterConfig"]);
    assert.equal(graph.deleteBeforeReplace, true);
    assert.deepEqual(graph.customTimeouts, { create: "3600s", update: "3600s", delete: "3600s" });
  });

  it("replaces a Dynamo graph where its operator refuses or ignores a change", async () => {
    const immutable = ["spec.backendFramework", 'metadata.annotations["nvl72/topology"]'];
    const graph = await graphOf(dynamo);
    assert.deepEqual(graph.replaceOnChanges, ["kind", "apiVersion", ...immutable]);
    assert.equal(graph.deleteBeforeReplace, true);
  });

  it("takes the place of any other engine's router, and is deleted before that comes", async () => {
    const proxy = "Deployment client1-router-replicas";
    const graphs = ["RayService", "DynamoGraphDeployment", "DynamoGraphDeployment"];
    const all = [proxy, ...graphs.map((kind) => `${kind} client1-router-graph`)];
    for (const engine of [ray, dynamo]) assert.deepEqual(knownAs(await graphOf(engine)), all);
    const sglang = engineCase("SGLang").engine;
    const run = await runProgram(() => new Router(name, { domain, ...poolRefs(sglang) }));
    // The provider knows older types of a Deployment, beside ours.
    assert.deepEqual(knownAs(created(run, `${name}-replicas`)).slice(0, all.length), all);
  });

  it("pulls the engine's image from where the pools do", async () => {
    const secrets = { imagePullSecrets: ["registry"] };
    const head = (graph: Registration): unknown => {
      const spec = graph.inputs.spec as {
        rayClusterConfig?: { headGroupSpec: { template: { spec: { imagePullSecrets?: unknown } } } };
        services?: { Frontend: { extraPodSpec: { imagePullSecrets?: unknown } } };
      };
      return (spec.rayClusterConfig?.headGroupSpec.template.spec ?? spec.services?.Frontend.extraPodSpec)
        ?.imagePullSecrets;
    };
    for (const engine of [ray, dynamo]) {
      assert.deepEqual(head(await graphOf({ ...engine, ...secrets })), [{ name: "registry" }]);
      assert.deepEqual(head(await graphOf(engine, secrets)), [{ name: "registry" }]);
      assert.equal(head(await graphOf(engine)), undefined);
    }
  });

  it("warns of an image for the trays' architecture on hosts of any", async () => {
    const run = (nodeSelector?: Record<string, string>) =>
      runProgram(() => new Router(name, { domain, ...poolRefs(ray), ...(nodeSelector && { nodeSelector }) }));
    assert.match((await run()).warnings.join("\n"), /nodeSelector: names no architecture for rayproject/);
    assert.deepEqual((await run({ "kubernetes.io/arch": "arm64" })).warnings, []);
  });

  it("refuses what only a proxy can be told", async () => {
    const limits = { concurrentRequestsPerReplica: 8 };
    const router = (engine: EngineCase["engine"], args: Partial<RouterArgs>): Promise<readonly string[]> =>
      problemsOf(() => new Router(name, { domain, ...poolRefs(engine), ...args }));
    assert.deepEqual(await router(dynamo, { limits, timeouts: { requestSeconds: 900 }, prefillPolicy: "bucket" }), [
      "  prefillPolicy: with Dynamo",
      "  limits: with Dynamo",
      "  timeouts: with Dynamo",
    ]);
    assert.deepEqual(await router(ray, { graphVersion: "v1beta1", timeouts: { requestSeconds: 900 } }), [
      "  graphVersion: with Ray Serve",
    ]);
    const { prefill, decode } = poolRefs(engineCase("SGLang").engine);
    assert.deepEqual(await problemsOf(() => new Router(name, { domain, prefill, decode, graphVersion: "v1alpha1" })), [
      "  graphVersion: is stated, but no graph is made",
    ]);
  });

  it("refuses an answer that Ray's proxy would cut, and several pools of a role on Ray", async () => {
    const pools = poolRefs(ray);
    const two = { prefill: pools.prefill, decode: [...pools.decode, ...pools.decode] };
    const problems = await problemsOf(
      () => new Router(name, { domain, ...two, timeouts: { requestSeconds: 400 }, longestAnswerSeconds: 400 }),
    );
    assert.deepEqual(problems, [
      "  decode: 2 pools",
      "  timeouts.requestSeconds: is 400 s, one full answer takes 400 s",
    ]);
  });

  it("refuses a name that KubeRay's own words do not fit behind", async () => {
    const long = `client1-${"r".repeat(40)}`;
    assert.match((await problemsOf(() => new Router(long, { domain, ...poolRefs(ray) })))[0] ?? "", /^ {2}name: /);
    await runProgram(() => new Router(long.slice(0, 47), { domain, ...poolRefs(ray) }));
  });

  it("refuses pools of two engines, two versions, two images, two page sizes or two drafts", async () => {
    const { prefill, decode } = poolRefs(dynamo);
    const [pool] = poolRefs({ ...dynamo, version: "1.2.1", image: "nvcr.io/nvidia/other:1.2.1" }).decode;
    assert.ok(pool);
    const stranger = { ...pool, pageTokens: 64, draftTokens: 1 };
    const paths = (await problemsOf(() => new Router(name, { domain, prefill, decode: [...decode, stranger] }))).map(
      (line) => line.trim().split(":")[0],
    );
    assert.deepEqual(
      paths,
      ["engineVersion", "image", "pageTokens", "draftTokens"].map((field) => `decode[1].${field}`),
    );
  });
});

describe("a pool whose pods a router makes", () => {
  it("keeps a note of itself in place of a LeaderWorkerSet, and takes its place or gives it back", async () => {
    for (const engine of [ray, dynamo]) {
      const run = await runProgram(() => new DecodePool("client1-decode", decodeArgs({ engine })));
      const note = created(run, "client1-decode-workers");
      assert.equal(note.inputs.kind, "ConfigMap");
      assert.deepEqual(knownAs(note), ["LeaderWorkerSet", "ConfigMap"]);
    }
  });

  it("refuses an image that is not known yet: a ref is plain data", async () => {
    const engine = { ...ray, image: undefined as unknown as string };
    const refusal = await refusalOf(() => new PrefillPool("client1-prefill", prefillArgs({ engine })));
    assert.match(refusal.message, /engine\.image: /);
  });
});

describe("a pool on nodes of H200s", () => {
  const h200 = domainRef(domainArgs({ hardware: "hgx-h200", trays: 6 }));
  const model = {
    preset: "deepseek-v3-fp8",
    weights: { hostPath: "/mnt/models", path: "DeepSeek-V3-0324" },
  } as const;
  const engine = {
    name: "vllm",
    version: "0.33.0",
    image: "vllm/vllm-openai:v0.33.0",
    orchestrator: "leader-worker-set",
  } as const;
  const args = decodeArgs({
    domain: h200,
    model,
    engine,
    gpusPerWorker: 32,
    batchPerRank: 64,
    resources: { devices: { "rdma/ib": 8 } },
  });

  it("takes eight GPUs a pod, no claim of an NVLink domain and its RDMA devices", async () => {
    const run = await runProgram(() => new DecodePool("client1-decode", args));
    const { spec } = created(run, "client1-decode-workers").inputs as unknown as {
      spec: {
        leaderWorkerTemplate: {
          size: number;
          workerTemplate: {
            spec: {
              resourceClaims?: unknown;
              affinity?: unknown;
              tolerations: { key?: string }[];
              containers: { resources: { limits: Record<string, string>; claims?: unknown } }[];
            };
          };
        };
      };
    };
    const { size, workerTemplate } = spec.leaderWorkerTemplate;
    const [container] = workerTemplate.spec.containers;
    assert.equal(size, 4);
    assert.equal(workerTemplate.spec.resourceClaims, undefined);
    assert.deepEqual(
      [container?.resources.limits["nvidia.com/gpu"], container?.resources.limits["rdma/ib"]].map(String),
      ["8", "8"],
    );
    assert.deepEqual(
      run.warnings.filter((warning) => warning.includes("resources.devices")),
      [],
    );
  });

  it("warns where KV would go over TCP, and refuses engines whose launches are not known there", async () => {
    const { resources, ...without } = args;
    assert.deepEqual(resources?.devices, { "rdma/ib": 8 });
    const run = await runProgram(() => new DecodePool("client1-decode", without));
    assert.match(run.warnings.join("\n"), /resources\.devices: names no RDMA device/);
    const problems = await problemsOf(() => new DecodePool("client1-decode", { ...args, engine: dynamo }));
    assert.ok(problems.includes("  domain.hardware: hgx-h200 with trtllm"), problems.join("\n"));
  });
});
