import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../tools/engine/home";
import { kubectlGet, rackDown, rackUp, type Rack } from "../../tools/rack/simulated-rack";
import { scratchProject, type ScratchProject } from "../engine/scratch-project";

/** The library is imported from outside the project, as a package would be. */
const compilerOptions = {
  module: "nodenext",
  moduleResolution: "nodenext",
  esModuleInterop: true,
  resolveJsonModule: true,
  noCheck: true,
  rootDir: "/",
};

const canary = "canary-7f3a9c51";

/** A client on two trays whose image and API key are secrets. The canary itself is not in the program. */
const program = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ClientDomain, DecodePool, PrefillPool, Router } from "${root}/src/index";

const canary = pulumi.secret(process.env.NVL72_CANARY ?? "");
const opts = { provider: new k8s.Provider("cluster", { enableServerSideApply: true }) };
const domain = new ClientDomain("c", { client: "c", trays: 2 }, opts);
new k8s.core.v1.Secret("keys", { metadata: { name: "keys", namespace: "c" }, stringData: { api: canary } }, { ...opts, dependsOn: [domain] });
const shared = {
  domain: domain.ref,
  model: { preset: "deepseek-r1-nvfp4", weights: { hostPath: "/mnt/models", path: "R1" } },
  engine: { name: "sglang" as const, version: "0.5.8", image: pulumi.interpolate\`registry.example/\${canary}:1\` },
  workers: 1, gpusPerWorker: 4, inputTokens: 1024, outputTokens: 1024,
};
const prefill = new PrefillPool("c-prefill", shared, opts);
const decode = new DecodePool("c-decode", { ...shared, batchPerRank: 32 }, opts);
const router = new Router("c-router", {
  domain: domain.ref, prefill: [prefill.ref], decode: [decode.ref], image: "lightseekorg/smg:1.13.0",
  auth: { apiKey: { name: "keys", key: "api" } },
}, opts);
export const endpoint = router.ref.url;
export const ready = router.ready;
`;

describe("a secret", function () {
  this.timeout(240_000);
  let rack: Rack;
  let project: ScratchProject;
  let said = "";

  before(async () => {
    process.env.NVL72_CANARY = canary;
    rack = await rackUp({ state: mkdtempSync(join(tmpdir(), "nvl72-rack-")), trays: 4, ray: false });
    project = scratchProject({ program, kubeconfig: rack.kubeconfig });
    project.write("stacks/tsconfig.json", JSON.stringify({ compilerOptions }));
    for (const args of [
      ["preview", "--diff"],
      ["up", "--yes", "--diff"],
      ["preview", "--json"],
      ["stack", "output"],
    ]) {
      const { code, stdout, stderr } = await project.run(args);
      assert.equal(code, 0, stdout + stderr);
      said += stdout + stderr;
    }
  });
  after(async () => {
    delete process.env.NVL72_CANARY;
    await rackDown(rack);
    project.remove();
  });

  it("reaches the pod that needs it", async () => {
    const { items } = await kubectlGet<{ items: { spec: { containers: { image: string }[] } }[] }>(rack, [
      "pods",
      "-n",
      "c",
      "-l",
      "nvl72/role=decode",
    ]);
    assert.deepEqual(
      items.map(({ spec }) => spec.containers[0]?.image),
      [`registry.example/${canary}:1`],
    );
  });

  it("is in nothing that pulumi prints", () => assert.ok(!said.includes(canary)));

  it("is in no file that pulumi keeps", () => {
    const files = filesBelow(project.workspace.directory);
    assert.ok(files.some((file) => file.includes("stacks") && file.endsWith("dev.json")));
    assert.deepEqual(
      files.filter((file) => readFileSync(file).includes(canary)),
      [],
    );
  });
});

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory)
    .map((name) => join(directory, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]));
}
