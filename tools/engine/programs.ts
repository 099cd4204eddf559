/** Versions of everything the engine and the simulated rack consist of. Go worlds in `worlds/` pin the same ones. */
export const versions = {
  pulumi: "3.259.0",
  pulumiKubernetes: "4.25.0",
  pulumiCommand: "1.2.1",
  etcd: "3.6.14",
  kubernetes: "1.35.3",
  kwok: "0.8.0",
  lws: "0.9.0",
  draDriver: "0.4.1",
  kuberay: "1.6.0",
  kueue: "0.19.1",
  prometheus: "3.13.5",
  prometheusOperator: "0.85.0",
} as const;

export interface Program {
  readonly name: ProgramName;
  readonly version: string;
  /** Seconds a first build from Go modules takes on two cores; only for the progress line. */
  readonly buildSeconds: number;
}

const table = {
  // CRDs, webhook rules and templates that the rack loads for its controllers.
  assets: { version: versions.lws, buildSeconds: 1 },
  "assets-kueue": { version: versions.kueue, buildSeconds: 1 },
  pulumi: { version: versions.pulumi, buildSeconds: 195 },
  // Comes with the CLI and has no version of its own.
  "pulumi-language-nodejs": { version: versions.pulumi, buildSeconds: 40 },
  "pulumi-resource-kubernetes": { version: versions.pulumiKubernetes, buildSeconds: 340 },
  etcd: { version: versions.etcd, buildSeconds: 30 },
  "kube-apiserver": { version: versions.kubernetes, buildSeconds: 170 },
  "kube-controller-manager": { version: versions.kubernetes, buildSeconds: 45 },
  "kube-scheduler": { version: versions.kubernetes, buildSeconds: 10 },
  kubectl: { version: versions.kubernetes, buildSeconds: 20 },
  kwok: { version: versions.kwok, buildSeconds: 70 },
  kwokctl: { version: versions.kwok, buildSeconds: 10 },
  "lws-manager": { version: versions.lws, buildSeconds: 80 },
  "compute-domain-controller": { version: versions.draDriver, buildSeconds: 65 },
  "ray-operator": { version: versions.kuberay, buildSeconds: 125 },
  "rack-agent": { version: "", buildSeconds: 5 }, // this project's own
  "kueue-manager": { version: versions.kueue, buildSeconds: 460 },
  promtool: { version: versions.prometheus, buildSeconds: 100 },
} satisfies Record<string, Omit<Program, "name">>;

export type ProgramName = keyof typeof table;

/** In the order in which build.sh makes them. */
export const programNames = Object.keys(table) as ProgramName[];

export function program(name: ProgramName): Program {
  return { name, ...table[name] };
}

/** What runs a Pulumi program against any cluster. */
export const enginePrograms: readonly ProgramName[] = [
  "pulumi",
  "pulumi-language-nodejs",
  "pulumi-resource-kubernetes",
];

/** What a simulated rack consists of. */
export const rackPrograms: readonly ProgramName[] = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "kwok",
  "kwokctl",
  "assets",
  "lws-manager",
  "compute-domain-controller",
  "rack-agent",
  "ray-operator",
];

/** What `rack up --kueue` adds. */
export const kueuePrograms: readonly ProgramName[] = ["assets-kueue", "kueue-manager"];

/** What tests of alerts take Prometheus' own word from. */
export const alertPrograms: readonly ProgramName[] = ["promtool"];
