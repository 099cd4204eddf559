import { versions, type ProgramName } from "./programs";

export interface Platform {
  readonly os: "linux" | "darwin";
  readonly cpu: "amd64" | "arm64";
}

/** Where a publisher offers a program ready-made. */
export interface Release {
  readonly url: string;
  /** Path inside the archive; absent when the download is the program itself. */
  readonly member?: string;
  /** A file with SHA-256 sums: one bare sum, or lines of `sum  file`. Absent where the publisher has none. */
  readonly sums?: string;
}

export function thisPlatform(os: string = process.platform, cpu: string = process.arch): Platform | undefined {
  const names: Partial<Record<string, Platform["cpu"]>> = { x64: "amd64", arm64: "arm64" };
  const known = names[cpu];
  return known !== undefined && (os === "linux" || os === "darwin") ? { os, cpu: known } : undefined;
}

/**
 * The official download of a program, if there is one for the platform. The controllers are published as container
 * images only, the servers of Kubernetes for Linux only.
 */
export function releaseOf(name: ProgramName, { os, cpu }: Platform): Release | undefined {
  switch (name) {
    case "pulumi":
    case "pulumi-language-nodejs": {
      const base = "https://get.pulumi.com/releases/sdk";
      const machine = cpu === "amd64" ? "x64" : "arm64";
      return {
        url: `${base}/pulumi-v${versions.pulumi}-${os}-${machine}.tar.gz`,
        member: `pulumi/${name}`,
        sums: `${base}/pulumi-${versions.pulumi}-checksums.txt`,
      };
    }
    case "pulumi-resource-kubernetes":
      return {
        url: `https://get.pulumi.com/releases/plugins/${name}-v${versions.pulumiKubernetes}-${os}-${cpu}.tar.gz`,
        member: name,
      };
    case "kube-apiserver":
    case "kube-controller-manager":
    case "kube-scheduler":
    case "kubectl": {
      if (os !== "linux" && name !== "kubectl") return undefined;
      const url = `https://dl.k8s.io/release/v${versions.kubernetes}/bin/${os}/${cpu}/${name}`;
      return { url, sums: `${url}.sha256` };
    }
    case "etcd": {
      if (os !== "linux") return undefined;
      const base = `https://github.com/etcd-io/etcd/releases/download/v${versions.etcd}`;
      const folder = `etcd-v${versions.etcd}-${os}-${cpu}`;
      return { url: `${base}/${folder}.tar.gz`, member: `${folder}/etcd`, sums: `${base}/SHA256SUMS` };
    }
    case "kwok":
    case "kwokctl":
      return {
        url: `https://github.com/kubernetes-sigs/kwok/releases/download/v${versions.kwok}/${name}-${os}-${cpu}`,
      };
    case "promtool": {
      const base = `https://github.com/prometheus/prometheus/releases/download/v${versions.prometheus}`;
      const folder = `prometheus-${versions.prometheus}.${os}-${cpu}`;
      return { url: `${base}/${folder}.tar.gz`, member: `${folder}/promtool`, sums: `${base}/sha256sums.txt` };
    }
    case "assets":
    case "lws-manager":
    case "compute-domain-controller":
    case "ray-operator":
    case "rack-agent":
    case "assets-kueue":
    case "kueue-manager":
      return undefined;
  }
}

/** The sum of one file in a list of sums, or of the only file when the list is one bare sum. */
export function sumFor(file: string, list: string): string | undefined {
  const lines = list.split("\n").map((line) => line.trim().split(/\s+\*?/));
  const named = lines.find(([, name]) => name === file);
  const bare = lines.length <= 2 && lines[0]?.length === 1 ? lines[0] : undefined;
  const sum = (named ?? bare)?.[0];
  return sum !== undefined && /^[0-9a-f]{64}$/i.test(sum) ? sum.toLowerCase() : undefined;
}
