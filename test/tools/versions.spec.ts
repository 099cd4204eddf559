import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/engine/home";
import {
  alertPrograms,
  enginePrograms,
  kueuePrograms,
  programNames,
  rackPrograms,
  versions,
} from "../../tools/engine/programs";
import { compareVersions, readVersion, versionFits } from "../../tools/engine/version";

const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");

describe("versions", () => {
  it("are the same in the worlds that Go builds from", () => {
    const pinned: Record<string, [module: string, version: string]> = {
      pulumi: ["github.com/pulumi/pulumi/pkg/v3", versions.pulumi],
      etcd: ["go.etcd.io/etcd/server/v3", versions.etcd],
      kubernetes: ["k8s.io/kubernetes", versions.kubernetes],
      kwok: ["sigs.k8s.io/kwok", versions.kwok],
      lws: ["sigs.k8s.io/lws", versions.lws],
      "compute-domain": ["sigs.k8s.io/dra-driver-nvidia-gpu", versions.draDriver],
      kuberay: ["github.com/ray-project/kuberay/ray-operator", versions.kuberay],
      kueue: ["sigs.k8s.io/kueue", versions.kueue],
      // As a Go module, Prometheus 3.13.5 is 0.313.5.
      promtool: ["github.com/prometheus/prometheus", versions.prometheus.replace(/^3\./, "0.3")],
      "prometheus-operator": ["github.com/prometheus-operator/prometheus-operator", versions.prometheusOperator],
    };
    for (const [world, [module, version]] of Object.entries(pinned)) {
      const line = read("tools", "engine", "worlds", world, "go.mod")
        .split("\n")
        .find((text) => text.trim().startsWith(`${module} v`) || text.trim().startsWith(`require ${module} v`));
      assert.equal(line?.trim().split(/\s+v/)[1]?.split(" ")[0], version, world);
    }
  });

  it("are the same in build.sh and up.sh", () => {
    const build = read("tools", "engine", "build.sh");
    assert.ok(build.includes(`kube_version=v${versions.kubernetes}\n`));
    assert.ok(build.includes(`version.Version=${versions.pulumiKubernetes}"`));
    assert.ok(build.includes(`prom_version=${versions.prometheus}\n`));
    assert.ok(read("tools", "rack", "up.sh").includes(`kubeVersion: v${versions.kubernetes}\n`));
  });

  it("are the same in package.json", () => {
    const { devDependencies } = JSON.parse(read("package.json")) as { devDependencies: Record<string, string> };
    assert.equal(devDependencies["@pulumi/pulumi"], versions.pulumi);
    assert.equal(devDependencies["@pulumi/kubernetes"], versions.pulumiKubernetes);
    assert.equal(devDependencies["@pulumi/command"], versions.pulumiCommand);
  });

  it("of every program belong to something that build.sh can make", () => {
    const table = read("tools", "engine", "build.sh").split("\n");
    for (const name of programNames) {
      const known = table.some((line) => line.startsWith(`${name}|`)) || name.startsWith("assets");
      assert.ok(known, name);
    }
    assert.deepEqual(
      [...enginePrograms, ...rackPrograms, ...kueuePrograms, ...alertPrograms].sort(),
      [...programNames].sort(),
    );
  });

  it("are read from what programs print", () => {
    assert.equal(readVersion("v3.259.0\n"), "3.259.0");
    assert.equal(readVersion("Client Version: v1.35.3\nKustomize Version: v5.7.1"), "1.35.3");
    assert.equal(readVersion("Client Version: v1.32.4-dispatcher"), "1.32.4");
    assert.equal(readVersion(""), undefined);
  });

  it("are compared by number", () => {
    assert.ok(compareVersions("3.259.0", "3.26.1") > 0);
    assert.ok(compareVersions("v1.2.3", "1.2.3") === 0);
    assert.ok(versionFits("3.270.0", "3.259.0", "4.0.0"));
    assert.ok(!versionFits("4.0.0", "3.259.0", "4.0.0"));
    assert.ok(!versionFits("3.258.9", "3.259.0", "4.0.0"));
  });
});
