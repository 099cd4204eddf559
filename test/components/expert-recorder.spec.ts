import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { ClientDomain, DecodePool, ExpertBalancer, ExpertRecorder, type ExpertBalancerArgs } from "../../src/index";
import { fetchRecordingScript, type FetchRecordingInput } from "../../src/components/fetch-recording-script";
import { balancerArgs, decodeArgs, domainArgs, staticBalancerArgs } from "../support/component-args";
import { created } from "../support/created-objects";
import { recorderArgs, taskOf } from "../support/recorder-args";
import { runProgram, type Registration, type Run } from "../support/registration-harness";

const name = "client1-experts-record";
const prefix = "urn:pulumi:stack::project::pulumi-nvl72:index:";

describe("an expert recorder", () => {
  let run: Run<ExpertRecorder>;
  before(async () => {
    run = await deploy({ ...staticBalancerArgs(1), recordingsClaim: "recordings" });
  });

  function deploy(balancer: ExpertBalancerArgs): Promise<Run<ExpertRecorder>> {
    return runProgram(() => {
      const own = new ClientDomain("client1", domainArgs()).ref;
      const experts = new ExpertBalancer("client1-experts", { ...balancer, domain: own }).ref;
      const pool = new DecodePool("client1-decode", decodeArgs({ domain: own, experts })).ref;
      return new ExpertRecorder(name, recorderArgs({ domain: own, pool, experts }));
    });
  }

  const command = (of: Run<unknown> = run): Registration => created(of, `${name}-run`);
  const stdinOf = (of: Run<unknown>): FetchRecordingInput =>
    JSON.parse(String(command(of).inputs.stdin)) as FetchRecordingInput;

  it("registers itself, a policy for its Job, and a command, and nothing else", () => {
    const own = run.registrations.filter(({ urn }) => urn.startsWith(`${prefix}ExpertRecorder`));
    assert.deepEqual(
      own.map(({ type, name: registered, parent }) => [type, registered, parent]),
      [
        ["pulumi-nvl72:index:ExpertRecorder", name, ""],
        ["kubernetes:networking.k8s.io/v1:NetworkPolicy", `${name}-network`, `${prefix}ExpertRecorder::${name}`],
        ["command:local:Command", `${name}-run`, `${prefix}ExpertRecorder::${name}`],
      ],
    );
    assert.deepEqual([run.warnings, run.failures], [[], []]);
  });

  it("lets its Job call the client's engines by HTTP, and nobody else, and nobody call it", () => {
    assert.deepEqual(created(run, `${name}-network`).inputs, {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: {
        name,
        namespace: "client1",
        labels: {
          "app.kubernetes.io/name": "nvl72",
          "app.kubernetes.io/part-of": "client1",
          "app.kubernetes.io/managed-by": "pulumi",
          "nvl72/client": "client1",
        },
      },
      spec: {
        podSelector: { matchLabels: { "nvl72/client": "client1", "nvl72/role": "operation" } },
        policyTypes: ["Ingress", "Egress"],
        ingress: [],
        egress: [
          {
            to: [
              {
                podSelector: {
                  matchLabels: { "nvl72/client": "client1" },
                  matchExpressions: [{ key: "nvl72/role", operator: "In", values: ["prefill", "decode"] }],
                },
              },
            ],
            ports: [{ protocol: "TCP", port: 30000 }],
          },
        ],
      },
    });
  });

  it("asks for the recording with a command that only another run repeats, and that ends before it is ended", () => {
    const { stdin, ...inputs } = command().inputs;
    assert.deepEqual(inputs, {
      create: fetchRecordingScript,
      update: 'process.stdout.write(process.env.PULUMI_COMMAND_STDOUT ?? "")',
      interpreter: ["node", "-e"],
      triggers: ["1"],
      logging: "stderr",
    });
    assert.deepEqual(command().customTimeouts, { create: "1860s", update: "", delete: "" });
    assert.deepEqual(command().replaceOnChanges, ["triggers[*]"]);
    const { job, name: jobName, ...rest } = JSON.parse(String(stdin)) as FetchRecordingInput;
    assert.deepEqual(rest, {
      namespace: "client1",
      file: "client1.experts.json",
      waitSeconds: 1800,
      pollSeconds: 2,
      context: "",
    });
    assert.equal((job as { metadata: { name: string } }).metadata.name, jobName);
  });

  it("records after the domain, the placement, the pool and the way to it are there", () => {
    const domainUrns = [
      "kubernetes:core/v1:Namespace::client1-namespace",
      "kubernetes:resource.nvidia.com/v1beta1:ComputeDomain::client1-domain",
      "kubernetes:core/v1:ResourceQuota::client1-quota",
      "kubernetes:core/v1:ServiceAccount::client1-engine",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy::client1-default-deny",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy::client1-dns",
    ].map((object) => `${prefix}ClientDomain$${object}`);
    const poolUrns = [
      "kubernetes:leaderworkerset.x-k8s.io/v1:LeaderWorkerSet::client1-decode-workers",
      "kubernetes:core/v1:Service::client1-decode-leaders",
      "kubernetes:policy/v1:PodDisruptionBudget::client1-decode-budget",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy::client1-decode-network",
    ].map((object) => `${prefix}DecodePool$${object}`);
    assert.deepEqual(created(run, `${name}-network`).dependencies, domainUrns);
    assert.deepEqual(command().dependencies, [
      ...domainUrns,
      `${prefix}ExpertBalancer$kubernetes:core/v1:ConfigMap::client1-experts-placement`,
      ...poolUrns,
      `${prefix}ExpertRecorder$kubernetes:networking.k8s.io/v1:NetworkPolicy::${name}-network`,
    ]);
  });

  it("is the same to the byte a second time", async () => {
    const again = await deploy({ ...staticBalancerArgs(1), recordingsClaim: "recordings" });
    assert.deepEqual(
      again.registrations.map(({ text }) => text),
      run.registrations.map(({ text }) => text),
    );
  });

  it("changes nothing of the pool: with it or without, the pool is the same to the byte", async () => {
    const without = await runProgram(() => {
      const own = new ClientDomain("client1", domainArgs()).ref;
      const balancer = { ...staticBalancerArgs(1), recordingsClaim: "recordings", domain: own };
      const experts = new ExpertBalancer("client1-experts", balancer).ref;
      new DecodePool("client1-decode", decodeArgs({ domain: own, experts }));
    });
    const pool = ({ registrations }: Run<unknown>): readonly string[] =>
      registrations.filter(({ urn }) => urn.startsWith(`${prefix}DecodePool`)).map(({ text }) => text);
    assert.deepEqual(pool(run), pool(without));
    assert.equal(pool(run).length, 5);
  });

  it("records experts that the engine moves, once the pool mounts the claim", async () => {
    const dynamic = await deploy(
      balancerArgs({ mode: "dynamic", redundantExperts: 32, recordingsClaim: "recordings", drift: {} }),
    );
    const task = taskOf(stdinOf(dynamic));
    assert.deepEqual([task.moving, task.keepRecording, "placementFile" in task], [true, true, false]);
  });

  it("is node's own program", () => {
    assert.equal(spawnSync("node", ["--check", "-"], { input: fetchRecordingScript }).status, 0);
  });

  it("keeps the summary of the last recording when anything but the run changes", () => {
    const { interpreter, update } = command().inputs as { interpreter: [string, string]; update: string };
    const [node, ...options] = interpreter;
    const after = (environment: object): string =>
      spawnSync(node, [...options, update], { input: "{}", env: { ...process.env, ...environment }, encoding: "utf8" })
        .stdout;
    assert.equal(after({ PULUMI_COMMAND_STDOUT: '{"windows": 5}' }), '{"windows": 5}');
    assert.equal(after({}), "");
  });
});
