import assert from "node:assert/strict";
import {
  ClientDomain,
  DecodePool,
  ExpertBalancer,
  type DecodePoolArgs,
  type ExpertBalancerArgs,
  type ExpertPlacementRef,
} from "../../src/index";
import { expertDriftRule } from "../../src/manifests/expert-drift-rule";
import { modelShapes } from "../../src/plan/model-shape";
import { balancerArgs, decodeArgs, domainArgs, staticBalancerArgs } from "../support/component-args";
import { created, createdObjects } from "../support/created-objects";
import { refusalOf, runProgram, type Registration, type Run } from "../support/registration-harness";

const name = "client1-experts";

function balance(args: ExpertBalancerArgs): Promise<Run<ExpertPlacementRef>> {
  return runProgram(() => new ExpertBalancer(name, args).ref);
}

/** The alert that a balancer registers. */
function alertOf(run: Run<unknown>): Registration["inputs"] {
  return created(run, `${name}-drift`).inputs;
}

const watched = {
  namespace: "client1",
  client: "client1",
  name,
  shape: modelShapes["deepseek-v3"],
  margin: 0.1,
  forMinutes: 30,
  severity: "warning",
  labels: {},
};

describe("an expert balancer that is asked for an alert", () => {
  it("registers one for what its placement promises, and tells the pool to measure", async () => {
    const run = await balance({ ...staticBalancerArgs(1), drift: {} });
    const rule = expertDriftRule({ ...watched, promised: run.result.balancednessAfter });
    assert.deepEqual(alertOf(run), rule);
    assert.equal(created(run, `${name}-drift`).type, "kubernetes:monitoring.coreos.com/v1:PrometheusRule");
    assert.equal(run.result.watched, true);
  });

  it("measures an engine that balances by itself against what a step can have", async () => {
    const run = await balance(balancerArgs({ mode: "dynamic", redundantExperts: 32, drift: {} }));
    assert.deepEqual(alertOf(run), expertDriftRule({ ...watched, promised: 1 }));
    assert.deepEqual(Object.keys(createdObjects(run)), [`${name}-placement`, `${name}-drift`]);
  });

  it("passes on margin, patience, severity and labels", async () => {
    const drift = { margin: 0.2, forMinutes: 10, severity: "page", ruleLabels: { release: "kube-prometheus" } };
    const run = await balance(balancerArgs({ mode: "dynamic", redundantExperts: 32, drift }));
    const { ruleLabels: labels, ...stated } = drift;
    assert.deepEqual(alertOf(run), expertDriftRule({ ...watched, ...stated, promised: 1, labels }));
  });

  it("registers none where it is not asked, and the pool measures nothing", async () => {
    const run = await balance(staticBalancerArgs(1));
    assert.deepEqual(Object.keys(createdObjects(run)), [`${name}-placement`]);
    assert.equal(run.result.watched, false);
  });

  it("registers it in the client's namespace, after the domain, beside the placement", async () => {
    const run = await runProgram(() => {
      const domain = new ClientDomain("client1", domainArgs()).ref;
      new ExpertBalancer(name, balancerArgs({ domain, mode: "dynamic", drift: {} }));
    });
    const alert = created(run, `${name}-drift`);
    assert.deepEqual(alert.dependencies, created(run, `${name}-placement`).dependencies);
    assert.equal(alert.dependencies.length, 6);
    assert.equal(alert.parent, `urn:pulumi:stack::project::pulumi-nvl72:index:ExpertBalancer::${name}`);
  });

  it("changes the alert in place, and no pool, with its margin, time, severity and labels", async () => {
    const first = await balance({ ...staticBalancerArgs(1), drift: {} });
    const drift = { margin: 0.3, forMinutes: 5, severity: "page", ruleLabels: { team: "search" } };
    const second = await balance({ ...staticBalancerArgs(1), drift });
    assert.notDeepEqual(alertOf(second), alertOf(first));
    assert.deepEqual(second.result, first.result);
    const named = (run: Run<unknown>): unknown => (alertOf(run).metadata as { name: string }).name;
    assert.equal(named(second), named(first));
  });
});

interface Engine {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
}
interface Pod {
  readonly containers: readonly [Engine];
  readonly volumes: readonly { readonly name: string }[];
}

async function workersOf(balancer: ExpertBalancerArgs, changes: Partial<DecodePoolArgs> = {}): Promise<Run<unknown>> {
  return runProgram(() => {
    const experts = new ExpertBalancer(name, balancer).ref;
    new DecodePool("client1-decode", decodeArgs({ experts, ...changes }));
  });
}

function podOf(run: Run<unknown>): Pod {
  const { spec } = created(run, "client1-decode-workers").inputs as {
    spec: { leaderWorkerTemplate: { workerTemplate: { spec: Pod } } };
  };
  return spec.leaderWorkerTemplate.workerTemplate.spec;
}

const recorder = "--expert-distribution-recorder-mode";
const directory = "/var/lib/nvl72/recordings";
const dynamic = balancerArgs({ mode: "dynamic", redundantExperts: 32 });

describe("a pool that can be recorded", () => {
  const modes: readonly (readonly [string, ExpertBalancerArgs])[] = [
    ["in order", balancerArgs()],
    ["placed", staticBalancerArgs(1)],
    ["moved by the engine", dynamic],
    ["moved by the engine and watched", { ...dynamic, drift: {} }],
  ];
  for (const [title, args] of modes) {
    it(`mounts the claim's folder of its name, and starts the recorder once: experts ${title}`, async () => {
      const pod = podOf(await workersOf({ ...args, recordingsClaim: "recordings" }));
      const [engine] = pod.containers;
      assert.deepEqual(
        engine.volumeMounts.filter(({ mountPath }) => mountPath === directory),
        [{ name: "recordings", mountPath: directory, subPath: "client1-decode" }],
      );
      assert.deepEqual(
        pod.volumes.filter(({ name: volume }) => volume === "recordings"),
        [{ name: "recordings", persistentVolumeClaim: { claimName: "recordings" } }],
      );
      assert.deepEqual(
        engine.args.flatMap((argument, at) => (argument === recorder ? [engine.args[at + 1]] : [])),
        ["stat"],
      );
      const place = engine.env.find(({ name: variable }) => variable === "SGLANG_EXPERT_DISTRIBUTION_RECORDER_DIR");
      assert.equal(place?.value, directory);
    });
  }

  it("has a scratch folder in the claim's place without one, and no recorder", async () => {
    const pod = podOf(await workersOf(staticBalancerArgs(1)));
    const [engine] = pod.containers;
    assert.deepEqual(
      engine.volumeMounts.filter(({ mountPath }) => mountPath === directory),
      [{ name: "scratch", mountPath: directory, subPath: "var/lib/nvl72/recordings" }],
    );
    assert.ok(!engine.args.includes(recorder));
    assert.ok(!pod.volumes.some(({ name: volume }) => volume === "recordings"));
  });

  it("lets the client's own operations reach its HTTP port, and no other, and nobody else's", async () => {
    const run = await workersOf({ ...staticBalancerArgs(1), recordingsClaim: "recordings" });
    const { spec } = created(run, "client1-decode-network").inputs as {
      spec: { ingress: { from: object[]; ports: object[] }[] };
    };
    const operations = { podSelector: { matchLabels: { "nvl72/client": "client1", "nvl72/role": "operation" } } };
    assert.deepEqual(
      spec.ingress.filter(({ from }) => JSON.stringify(from).includes("operation")),
      [{ from: [operations], ports: [{ protocol: "TCP", port: 30000 }] }],
    );
    const selected = JSON.stringify(spec.ingress).matchAll(/"nvl72\/client":"([^"]*)"/g);
    assert.deepEqual([...new Set([...selected].map(([, client]) => client))], ["client1"]);
  });

  it("is not vLLM's: what a balancer asks for is refused at the pool", async () => {
    const engine = { name: "vllm", version: "0.33.0", image: "vllm/vllm-openai:v0.33.0" } as const;
    const { result: experts } = await balance({ ...dynamic, engine: "vllm", recordingsClaim: "recordings", drift: {} });
    const onServers = { ...engine, orchestrator: "leader-worker-set" } as const;
    const refusal = await refusalOf(() => new DecodePool("client1-decode", decodeArgs({ engine: onServers, experts })));
    assert.deepEqual(refusal.message.split("\n"), [
      "nvl72: client1-decode cannot run as configured (2 problems), nothing was changed",
      "  experts.recordingsClaim: recordings of vLLM",
      "      rule: it keeps to itself which experts it uses: no endpoint, no file (0.11.2 to 0.33.0)",
      "      fix:  leave it out; a recording made with SGLang or TensorRT-LLM holds for the model, whatever serves it",
      "  experts.drift: a watch over the experts of vLLM",
      "      rule: it writes the balance of a step to its log alone (EPLBConfig.log_balancedness)",
      "      fix:  leave it out, and record again from time to time",
    ]);
  });
});
