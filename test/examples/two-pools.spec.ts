import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type * as program from "../../examples/two-pools/index";
import { labelled } from "../../examples/two-pools/labelled";
import { recordingFile, syntheticRecording } from "../../examples/two-pools/make-recording";
import { created } from "../support/created-objects";
import { runProgram, type Run } from "../support/registration-harness";

describe("the example of two pools", () => {
  let run: Run<typeof program>;
  before(async () => {
    // A module runs once in a process, so all that follows is about this one run.
    run = await runProgram(() => import("../../examples/two-pools/index.js"));
  });

  it("creates what its README says, on its own provider", () => {
    const objects = run.registrations.filter(({ custom, parent }) => custom && parent !== "");
    const kinds = new Map<string, string[]>();
    for (const { parent, inputs } of objects) {
      const owner = parent.split("::").at(-1) ?? "";
      kinds.set(owner, [...(kinds.get(owner) ?? []), String(inputs.kind)].sort());
    }
    const pool = ["LeaderWorkerSet", "NetworkPolicy", "PodDisruptionBudget", "Service"];
    assert.deepEqual(Object.fromEntries(kinds), {
      client1: ["ComputeDomain", "Namespace", "NetworkPolicy", "NetworkPolicy", "ResourceQuota", "ServiceAccount"],
      "client1-experts": ["ConfigMap"],
      "client1-prefill": pool,
      "client1-decode": pool,
      "client1-router": [
        "Deployment",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Role",
        "RoleBinding",
        "Service",
        "ServiceAccount",
      ],
    });
    const provider = "urn:pulumi:stack::project::pulumi:providers:kubernetes::rack::rack-id";
    assert.deepEqual(new Set(objects.map((object) => object.provider)), new Set([provider]));
    assert.deepEqual(run.failures, []);
  });

  it("labels every object by a transform, and no pod", () => {
    const label = "example.com/cost-center";
    for (const { type, inputs } of run.registrations.filter(({ parent }) => parent !== "")) {
      const { labels } = inputs.metadata as { labels: Record<string, string> };
      assert.equal(labels[label], "inference", type);
    }
    const { inputs } = created(run, "client1-decode-workers");
    assert.ok(!JSON.stringify(inputs.spec).includes(label));
  });

  it("shows the LeaderWorkerSet that it creates", () => {
    const readme = readFileSync(join(__dirname, "../../examples/two-pools/README.md"), "utf8");
    const excerpt: unknown = parse(/```yaml\n(.*?)```/s.exec(readme)?.[1] ?? "");
    assert.deepEqual(partOf(created(run, "client1-decode-workers").inputs, excerpt), excerpt);
  });

  it("exports where requests go, and what placing the experts is worth", () => {
    const { endpoint, balancedness } = run.result;
    assert.deepEqual(
      { endpoint, balancedness },
      { endpoint: "http://client1-router.client1.svc:30000", balancedness: [0.5458, 0.9993] },
    );
  });

  it("has the recording that its generator makes", () => {
    assert.equal(readFileSync(recordingFile, "utf8"), syntheticRecording());
  });
});

describe("the example's transform", () => {
  it("leaves alone what is no object of Kubernetes", () => {
    const args = { custom: false, type: "pulumi-nvl72:index:Router", name: "client1-router", props: {}, opts: {} };
    assert.equal(labelled({ a: "b" })(args), undefined);
  });
});

/** Of `whole`, what `excerpt` shows: its keys of objects, and lists as they are. */
function partOf(whole: unknown, excerpt: unknown): unknown {
  if (Array.isArray(excerpt) && Array.isArray(whole)) return whole.map((item, at) => partOf(item, excerpt[at]));
  if (!isRecord(excerpt) || !isRecord(whole)) return whole;
  return Object.fromEntries(Object.keys(excerpt).map((key) => [key, partOf(whole[key], excerpt[key])]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
