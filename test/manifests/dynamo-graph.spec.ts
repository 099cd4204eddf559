import assert from "node:assert/strict";
import fc from "fast-check";
import { dynamoFrontend } from "../../src/engines/trtllm/frontend";
import {
  dynamoApiVersions,
  frontendServiceName,
  immutableGraphFields,
  runtimeVersionOverride,
  type DynamoGraph,
  type DynamoRole,
} from "../../src/manifests/dynamo-graph";
import { checkDynamoGraph } from "../../src/manifests/dynamo-rules";
import { decode, longDecode, longPrefill, prefill } from "../engines/trtllm/pools";
import { schemaErrors } from "./custom-resource-schema";
import { entrance, graph, image, pools, roleOf } from "./dynamo-pools";

type Alpha = Extract<DynamoGraph, { readonly apiVersion: "nvidia.com/v1alpha1" }>;
type Beta = Extract<DynamoGraph, { readonly apiVersion: "nvidia.com/v1beta1" }>;

const alpha = (changes = {}): Alpha => graph({ ...changes, apiVersion: "v1alpha1" }) as Alpha;
const beta = (changes = {}): Beta => graph({ ...changes, apiVersion: "v1beta1" }) as Beta;

/** What a reader of the object sees. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const labelsOf = (name: string, role: string): object => ({
  "app.kubernetes.io/name": "nvl72",
  "app.kubernetes.io/instance": name,
  "app.kubernetes.io/component": role,
  "app.kubernetes.io/part-of": "client1",
  "app.kubernetes.io/managed-by": "pulumi",
  "nvl72/client": "client1",
  "nvl72/role": role,
});

const metadata = {
  name: "client1-router",
  namespace: "client1",
  labels: labelsOf("client1-router", "router"),
  annotations: {
    "nvidia.com/dynamo-discovery-backend": "kubernetes",
    "nvl72/topology": "Frontend prefill decode:nodes",
    "pulumi.com/waitFor": "jsonpath={.status.state}=successful",
  },
};

const arm64 = { key: "kubernetes.io/arch", operator: "Equal", value: "arm64", effect: "NoSchedule" };
const gpuToleration = { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" };

const frontendMain = {
  image,
  command: ["python3", "-m", "dynamo.frontend"],
  args: ["--http-port", "8000"],
  securityContext: {
    privileged: false,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: false,
    capabilities: { drop: ["ALL"] },
  },
  volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
};

const frontendSpec = {
  enableServiceLinks: false,
  securityContext: { seccompProfile: { type: "RuntimeDefault" } },
  tolerations: [arm64],
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: {
        matchLabels: {
          "app.kubernetes.io/instance": "client1-router",
          "nvl72/client": "client1",
          "nvl72/role": "router",
        },
      },
    },
  ],
  volumes: [{ name: "tmp", emptyDir: {} }],
};

const environment = (graceSeconds: string): readonly object[] => [
  { name: "DYN_GRACEFUL_SHUTDOWN_GRACE_PERIOD_SECS", value: graceSeconds },
  { name: "DYN_SYSTEM_PORT", value: "9090" },
  { name: "HF_HUB_OFFLINE", value: "1" },
  { name: "NCCL_CUMEM_ENABLE", value: "1" },
  { name: "NCCL_GRAPH_MIXING_SUPPORT", value: "0" },
  { name: "NCCL_MNNVL_ENABLE", value: "1" },
  { name: "PYTHONUNBUFFERED", value: "1" },
  { name: "TLLM_LOG_LEVEL", value: "INFO" },
  { name: "TRITON_CACHE_DIR", value: "/var/cache/nvl72/triton" },
  { name: "TRTLLM_ENABLE_PDL", value: "1" },
  { name: "TRTLLM_SERVER_DISABLE_GC", value: "1" },
  { name: "TRTLLM_WORKER_DISABLE_GC", value: "1" },
  { name: "UCX_CUDA_IPC_ENABLE_MNNVL", value: "y" },
  { name: "UCX_TLS", value: "rc,cuda_ipc,cuda_copy,sm,self,tcp" },
];

const probe = (path: string, periodSeconds: number, failureThreshold: number): object => ({
  httpGet: { path, port: 9090 },
  periodSeconds,
  timeoutSeconds: 5,
  failureThreshold,
});

/** The engine container without what v1alpha1 says elsewhere: its name, environment and resources. */
const decodeMain = {
  image,
  command: ["python3", "-m", "dynamo.trtllm"],
  args: [
    "--model-path",
    "/models/DeepSeek-R1-0528-NVFP4-v2",
    "--served-model-name",
    "DeepSeek-R1-0528-NVFP4-v2",
    "--extra-engine-args",
    "/etc/nvl72/trtllm/engine.yaml",
    "--disaggregation-mode",
    "decode",
    "--publish-metrics",
  ],
  ports: [
    { name: "system", containerPort: 9090 },
    { name: "ssh", containerPort: 2222 },
  ],
  startupProbe: probe("/live", 10, 150),
  readinessProbe: probe("/health", 10, 3),
  livenessProbe: probe("/live", 30, 10),
  securityContext: {
    privileged: false,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"], add: ["IPC_LOCK", "DAC_OVERRIDE", "SETGID", "SETUID", "SYS_CHROOT"] },
  },
  volumeMounts: [
    { name: "weights", mountPath: "/models", readOnly: true },
    { name: "tmp", mountPath: "/tmp" },
    { name: "scratch", mountPath: "/var/cache/nvl72", subPath: "var/cache/nvl72" },
    { name: "files-0", mountPath: "/etc/nvl72/trtllm/engine.yaml", subPath: "engine.yaml", readOnly: true },
  ],
};

function decodeSpec(configMap: string): object {
  return {
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 470,
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    nodeSelector: { "kubernetes.io/arch": "arm64" },
    tolerations: [gpuToleration, arm64],
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: "nvidia.com/gpu.clique",
            labelSelector: {
              matchLabels: { "nvl72/client": "client1" },
              matchExpressions: [{ key: "nvl72/role", operator: "In", values: ["prefill", "decode"] }],
            },
          },
        ],
      },
    },
    resourceClaims: [{ name: "imex-channel", resourceClaimTemplateName: "client1-channel" }],
    volumes: [
      { name: "weights", hostPath: { path: "/mnt/models", type: "Directory" } },
      { name: "tmp", emptyDir: {} },
      { name: "scratch", emptyDir: {} },
      { name: "files-0", configMap: { name: configMap } },
    ],
  };
}

/** The ConfigMap's name ends in a hash of the engine's file, which has tests of its own. */
function configMapOf(made: unknown): string {
  const [name] = /client1-decode-[0-9a-f]{10}/.exec(JSON.stringify(made)) ?? [];
  return name ?? "";
}

describe("a Dynamo graph", () => {
  it("in v1alpha1: services, with pods taken apart", () => {
    const made = alpha();
    const { Frontend, decode: decodeService, prefill: prefillService, ...others } = made.spec.services;
    assert.deepEqual(others, {});
    assert.equal(made.apiVersion, "nvidia.com/v1alpha1");
    assert.equal(made.spec.backendFramework, "trtllm");
    assert.deepEqual(plain(made.metadata), metadata);
    assert.deepEqual(plain(Frontend), {
      componentType: "frontend",
      replicas: 2,
      resources: { requests: { cpu: "8", memory: "16Gi" }, limits: { memory: "16Gi" } },
      extraPodMetadata: { labels: labelsOf("client1-router", "router") },
      extraPodSpec: { ...frontendSpec, mainContainer: frontendMain },
    });
    assert.deepEqual(plain(decodeService), {
      componentType: "worker",
      subComponentType: "decode",
      replicas: 1,
      multinode: { nodeCount: 8 },
      resources: {
        requests: { cpu: "120", memory: "850Gi", gpu: "4" },
        limits: { memory: "850Gi", gpu: "4" },
        claims: [{ name: "imex-channel" }],
      },
      sharedMemory: { size: "200Gi" },
      envs: environment("410"),
      extraPodMetadata: { labels: labelsOf("client1-decode", "decode") },
      extraPodSpec: { ...decodeSpec(configMapOf(decodeService)), mainContainer: decodeMain },
    });
    assert.equal(prefillService?.subComponentType, "prefill");
    assert.equal(prefillService.replicas, 2);
    assert.ok(!("multinode" in prefillService));
  });

  it("in v1beta1: components, with pods as they are", () => {
    const made = beta();
    const [frontend, , decodeComponent, ...others] = made.spec.components;
    assert.deepEqual(others, []);
    assert.equal(made.apiVersion, "nvidia.com/v1beta1");
    assert.deepEqual(plain(made.metadata), metadata);
    const frontendResources = { requests: { cpu: "8", memory: "16Gi" }, limits: { memory: "16Gi" } };
    assert.deepEqual(plain(frontend), {
      name: "Frontend",
      type: "frontend",
      replicas: 2,
      podTemplate: {
        metadata: { labels: labelsOf("client1-router", "router") },
        spec: { ...frontendSpec, containers: [{ ...frontendMain, name: "main", resources: frontendResources }] },
      },
    });
    assert.deepEqual(plain(decodeComponent), {
      name: "decode",
      type: "decode",
      replicas: 1,
      multinode: { nodeCount: 8 },
      sharedMemorySize: "200Gi",
      podTemplate: {
        metadata: { labels: labelsOf("client1-decode", "decode") },
        spec: {
          ...decodeSpec(configMapOf(decodeComponent)),
          containers: [
            {
              ...decodeMain,
              name: "main",
              env: environment("410"),
              resources: {
                requests: { cpu: "120", memory: "850Gi", "nvidia.com/gpu": "4" },
                limits: { memory: "850Gi", "nvidia.com/gpu": "4" },
                claims: [{ name: "imex-channel" }],
              },
            },
          ],
        },
      },
    });
  });

  it("is accepted by the simulated rack's definition, in both versions", () => {
    for (const apiVersion of dynamoApiVersions) assert.deepEqual(schemaErrors(graph({ apiVersion })), []);
    const misspelt = { ...alpha(), spec: { ...alpha().spec, service: {} } };
    assert.deepEqual(schemaErrors(misspelt), ["/spec does not know service"]);
  });

  it("asks for all GPUs of its pools, whatever their number and size", () => {
    const sizes = fc.array(
      fc.record({ workers: fc.integer({ min: 1, max: 9 }), traysPerWorker: fc.integer({ min: 1, max: 9 }) }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(sizes, (wanted) => {
        const roles = wanted.map((size, index): DynamoRole => {
          const [first, second] = pools;
          assert.ok(first !== undefined && second !== undefined);
          return { ...(index % 2 === 0 ? first : second), ...size, name: `client1-pool-${index}` };
        });
        const gpus = wanted.reduce((sum, { workers, traysPerWorker }) => sum + 4 * workers * traysPerWorker, 0);
        assert.equal(gpusOfAlpha(alpha({ roles })), gpus);
        assert.equal(gpusOfBeta(beta({ roles })), gpus);
      }),
      { numRuns: 30 },
    );
  });

  it("keeps pods' accounts without tokens where workers are found through etcd", () => {
    const made = alpha({ discovery: "etcd" });
    assert.equal(made.metadata.annotations["nvidia.com/dynamo-discovery-backend"], "etcd");
    const { extraPodSpec } = made.spec.services.decode ?? {};
    assert.equal(extraPodSpec?.serviceAccountName, "client1-engine");
    assert.equal(extraPodSpec.automountServiceAccountToken, false);
    assert.equal(made.spec.services.Frontend?.extraPodSpec.serviceAccountName, "client1-router");
  });

  it("gives the frontend the model's files where they are", () => {
    const process = dynamoFrontend("1.6.1");
    const mounts = (weights: object): unknown => {
      const made = alpha({ frontend: { replicas: 1, process, weights } });
      return made.spec.services.Frontend?.extraPodSpec.mainContainer.volumeMounts;
    };
    const tmp = { name: "tmp", mountPath: "/tmp" };
    const files = { name: "weights", mountPath: "/models", readOnly: true };
    assert.deepEqual(mounts({ claim: "models", path: "r1", readGibPerSecond: 5 }), [tmp, files]);
    assert.deepEqual(mounts({ hostPath: "/mnt", path: "r1", readGibPerSecond: 5 }), [tmp, files]);
  });

  it("names several pools of a role apart", () => {
    const roles = ["client1-decode", "client1-decode-long", "other"].map((name) => roleOf(name, decode()));
    assert.deepEqual(Object.keys(alpha({ roles }).spec.services), ["Frontend", "decode", "decode-long", "other"]);
    assert.equal(frontendServiceName("client1-router"), "client1-router-frontend");
  });

  it("says in one field what cannot change on a running graph", () => {
    const topology = (roles: readonly DynamoRole[]): string | undefined =>
      alpha({ roles }).metadata.annotations["nvl72/topology"];
    const long = [roleOf("client1-prefill", longPrefill()), roleOf("client1-decode", longDecode())];
    assert.equal(topology(long), topology(pools), "workers and their size may change");
    assert.notEqual(topology(pools.slice(1)), topology(pools));
    assert.notEqual(topology([roleOf("client1-decode", decode())]), topology([roleOf("client1-decode", prefill())]));
    assert.deepEqual(immutableGraphFields, ["spec.backendFramework", 'metadata.annotations["nvl72/topology"]']);
  });

  it("tells newer operators the version that an image's tag does not", () => {
    assert.equal(runtimeVersionOverride(image, "1.6.1"), undefined);
    assert.equal(runtimeVersionOverride("registry:5000/x:v1.6.1-cuda13", "1.6.1"), undefined);
    assert.equal(runtimeVersionOverride("x:1.6.1.post2", "1.6.1.post2"), "1.6.1");
    assert.equal(runtimeVersionOverride(`x@sha256:${"0".repeat(64)}`, "1.6.1"), "1.6.1");
    assert.equal(runtimeVersionOverride({}, "1.4.0"), "1.4.0", "not known before the deployment");
    assert.equal(runtimeVersionOverride("x:mine", "1.3.1"), undefined);
    assert.equal(runtimeVersionOverride("x:0.8.1.post2", "0.8.1.post2"), undefined);
    const made = alpha({ entrance: { ...entrance, image: "x:mine" } });
    assert.equal(made.spec.services.Frontend?.runtimeVersionOverride, "1.6.1");
    assert.ok(!("runtimeVersionOverride" in (made.spec.services.decode ?? {})));
  });
});

describe("rules of Dynamo's operator", () => {
  const refused = (changes: object): readonly string[] =>
    dynamoApiVersions.flatMap((apiVersion) =>
      checkDynamoGraph(graph({ ...changes, apiVersion })).map(({ path, what }) => `${path}: ${what}`),
    );
  const [prefillRole, decodeRole] = pools;
  assert.ok(prefillRole !== undefined && decodeRole !== undefined);

  it("have nothing against a plain graph", () => {
    assert.deepEqual(refused({}), []);
  });

  it("want a name that a Service can begin with", () => {
    assert.deepEqual(refused({ entrance: { ...entrance, name: "1-router" } }), [
      'metadata.name: "1-router" is not a DNS label',
      'metadata.name: "1-router" is not a DNS label',
    ]);
  });

  it("allow 25 components", () => {
    const roles = Array.from({ length: 25 }, (_, i) => ({ ...prefillRole, name: `p${i}` }));
    assert.deepEqual(refused({ roles }), ["spec: 26 components", "spec: 26 components"]);
    assert.deepEqual(refused({ roles: roles.slice(1) }), []);
  });

  it("want names of letters and digits that differ in more than case", () => {
    assert.deepEqual(refused({ roles: [{ ...prefillRole, name: "frontend" }] }), [
      'spec.services.frontend: "frontend" is taken by spec.services.Frontend',
      'spec.components[1]: "frontend" is taken by spec.components[0]',
    ]);
    assert.deepEqual(refused({ roles: [{ ...prefillRole, name: "a_b" }] }), [
      'spec.services.a_b: "a_b" is not a name of a component',
      'spec.components[1]: "a_b" is not a name of a component',
    ]);
  });

  it("want whole numbers of replicas", () => {
    assert.deepEqual(refused({ roles: [{ ...prefillRole, workers: -1 }] }), [
      "spec.services.prefill.replicas: is -1",
      "spec.components[1].replicas: is -1",
    ]);
    assert.deepEqual(refused({ roles: [{ ...decodeRole, traysPerWorker: 1.5 }] }), [
      "spec.services.decode.multinode.nodeCount: is 1.5",
      "spec.components[1].multinode.nodeCount: is 1.5",
    ]);
  });

  it("leave Grove room for its own part of a pod's name", () => {
    const roles = [{ ...decodeRole, name: "client1-decode-for-long" }];
    assert.deepEqual(checkDynamoGraph(graph({ roles })).length, 1);
    const [problem] = checkDynamoGraph(graph({ roles }));
    assert.equal(problem?.what, '"client1-router" and "decode-for-long" make names of 48 letters');
    assert.equal(problem.rule, "Grove leaves 45 for the graph's name and twice the component's");
    assert.deepEqual(refused({ roles: [{ ...prefillRole, name: "client1-decode-for-long" }] }), []);
  });
});

function gpusOfAlpha({ spec }: Alpha): number {
  return Object.values(spec.services).reduce(
    (sum, { replicas, multinode, resources }) =>
      sum + replicas * (multinode?.nodeCount ?? 1) * Number(resources.limits.gpu ?? 0),
    0,
  );
}

function gpusOfBeta({ spec }: Beta): number {
  return spec.components.reduce((sum, { replicas, multinode, podTemplate }) => {
    const read = plain(podTemplate) as {
      spec: { containers: readonly { resources: { limits: Record<string, string> } }[] };
    };
    const limits = read.spec.containers[0]?.resources.limits;
    return sum + replicas * (multinode?.nodeCount ?? 1) * Number(limits?.["nvidia.com/gpu"] ?? 0);
  }, 0);
}
