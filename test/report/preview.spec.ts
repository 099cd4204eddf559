import assert from "node:assert/strict";
import fc from "fast-check";
import { summarise } from "../../src/report/plan-summary";
import { parsePreview } from "../../src/report/preview/digest";
import { renderReport, type ReportRequest } from "../../src/report/preview/markdown";
import { client1Plan, decodePool } from "./plans";
import {
  decodeUrn,
  digestText,
  domainUrn,
  groups,
  prefillUrn,
  routerUrn,
  shownSecret,
  streamText,
  streamedSecret,
  types,
  type PreviewFixture,
  type StepFixture,
} from "./previews";

function report(text: string, request: Partial<ReportRequest> = {}): string {
  const preview = parsePreview(text);
  return renderReport({ stack: "client1", ...(preview === undefined ? {} : { preview }), ...request });
}

const before = summarise(client1Plan());
const grown = client1Plan({
  decode: decodePool({ workers: 3, gpusPerWorker: 16, traysPerWorker: 4, trays: 12, gpus: 48 }),
  trays: 13,
  gpus: 52,
});
const after = {
  ...summarise(grown),
  prediction: { ...summarise(grown).prediction, requestsPerSecond: 31.2 } as typeof before.prediction,
};

const decodeRolls: StepFixture = {
  op: "update",
  type: types.leaderWorkerSet,
  name: "client1-decode-workers",
  parent: decodeUrn,
  before: groups(2, 4, ["--max-running-requests", "8192", "--trust-remote-code"]),
  after: groups(3, 4, ["--max-running-requests", "16384", "--trust-remote-code", "--enable-dp-attention"]),
  differing: {
    "spec.leaderWorkerTemplate.workerTemplate.spec.containers[0].args[1]": "update",
    "spec.leaderWorkerTemplate.workerTemplate.spec.containers[0].args[3]": "add",
    "spec.replicas": "update",
  },
};

const rolling: PreviewFixture = {
  steps: [
    {
      op: "update",
      type: types.decodePool,
      name: "client1-decode",
      before: { workers: 2, batchPerRank: 128 },
      after: { workers: 3, batchPerRank: 256 },
    },
    decodeRolls,
    { op: "same", type: types.service, name: "client1-decode", parent: decodeUrn, before: {}, after: {} },
  ],
  outputsBefore: { plan: before },
  outputsAfter: { plan: after },
};

describe("a report of a change", () => {
  it("tells a roll-out in the operator's words, with the prediction before and after", () => {
    assert.equal(
      report(streamText(rolling)),
      [
        "### nvl72 client1: decode rolls (about 20 min), +16 GPUs, nothing replaced <!-- nvl72-report:client1 -->",
        "",
        "| | before | after | |",
        "|---|---|---|---|",
        "| trays prefill / decode | 1 / 8 | 1 / 12 | +4 trays |",
        "| workers x GPUs prefill / decode | 1 x 4 / 1 x 32 | 1 x 4 / 3 x 16 |  |",
        "| requests/s | 20.8 (+-10 %) | 31.2 (+-10 %) | +50 % |",
        "| TPOT | 24.0 ms | 24.0 ms |  |",
        "| $/hour | 99.00 | 143.00 | +44 % |",
        "| $/M output tokens | 0.161 | 0.233 | +44 % |",
        "",
        "**client1 decode**: 8 -> 12 trays, +16 GPUs, rolls one group at a time (about 20 min)",
        "  - `batchPerRank` `128` -> `256`",
        "  - `workers` `2` -> `3`",
        "",
        "Risk: none of: replacement, deletion, interruption, address change, KV format change, both roles at once.",
        "",
        "<details><summary>1 resource, field by field</summary>",
        "",
        "**LeaderWorkerSet** `client1-decode-workers`: rolls",
        "- `spec.leaderWorkerTemplate.workerTemplate.spec.containers[engine].args --enable-dp-attention` added: `on`",
        "- `spec.leaderWorkerTemplate.workerTemplate.spec.containers[engine].args --max-running-requests` `8192` -> `16384`",
        "- `spec.replicas` `2` -> `3`",
        "",
        "</details>",
        "",
      ].join("\n"),
    );
  });

  it("says when the new plan is not in the preview", () => {
    const lines = report(digestText(rolling)).split("\n");
    assert.equal(
      lines[2],
      "Plan so far: 20.8 requests/s, TPOT 24.0 ms, $0.161 per million output tokens. This preview does not say the new one.",
    );
  });

  it("compares plans given beside the preview", () => {
    const lines = report(digestText({ steps: rolling.steps }), { before, after }).split("\n");
    assert.equal(lines[4], "| trays prefill / decode | 1 / 8 | 1 / 12 | +4 trays |");
  });

  it("shows changed flags where no setting of the component says it", () => {
    const lines = report(streamText({ steps: [decodeRolls] })).split("\n");
    assert.deepEqual(lines.slice(2, 5), [
      "**client1 decode**: 8 -> 12 trays, +16 GPUs, rolls one group at a time",
      "  - `--enable-dp-attention` added: `on`",
      "  - `--max-running-requests` `8192` -> `16384`",
    ]);
  });

  it("warns when the only group of a pool restarts", () => {
    const args = ["--kv-cache-dtype", "fp8_e4m3"];
    const step = { ...decodeRolls, before: groups(1, 8, args), after: groups(1, 8, ["--kv-cache-dtype", "bfloat16"]) };
    const lines = report(streamText({ ...rolling, steps: [step], outputsAfter: { plan: before } })).split("\n");
    assert.deepEqual(lines.slice(0, 8), [
      "### nvl72 client1: decode restarts (about 10 min), nothing replaced <!-- nvl72-report:client1 -->",
      "",
      "The plan stays: 20.8 requests/s, TPOT 24.0 ms, $0.161 per million output tokens.",
      "",
      "**client1 decode**: restarts its only group, nothing serves meanwhile (about 10 min)",
      "  - `--kv-cache-dtype` `fp8_e4m3` -> `bfloat16`",
      "",
      "Risk: **interruption** (client1 decode), **KV format change** (client1-decode); none of: replacement, deletion, address change, both roles at once.",
    ]);
  });

  it("tells scaling from rolling", () => {
    const step = { ...decodeRolls, before: groups(2, 4, []), after: groups(3, 4, []), differing: {} };
    const more = report(streamText({ ...rolling, steps: [step] })).split("\n");
    assert.equal(
      more[0],
      "### nvl72 client1: decode scales (about 10 min), +16 GPUs, nothing replaced <!-- nvl72-report:client1 -->",
    );
    assert.ok(
      more.includes("**client1 decode**: 8 -> 12 trays, +16 GPUs, adds 1 group, the others run on (about 10 min)"),
    );
    const back = { ...step, before: step.after, after: step.before };
    const fewer = report(streamText({ ...rolling, steps: [back] })).split("\n");
    assert.equal(
      fewer[0],
      "### nvl72 client1: decode scales, -16 GPUs, nothing replaced <!-- nvl72-report:client1 -->",
    );
    assert.ok(fewer.includes("**client1 decode**: 12 -> 8 trays, -16 GPUs, removes 1 group, the others run on"));
  });

  it("puts replacements and deletions first, then the components in the order of a client", () => {
    const steps: StepFixture[] = [
      {
        op: "update",
        type: types.deployment,
        name: "client1-router",
        parent: routerUrn,
        before: { spec: { template: { a: 1 } } },
        after: { spec: { template: { a: 2 } } },
      },
      { op: "delete", type: types.service, name: "client1-decode", parent: decodeUrn, before: { spec: {} } },
      decodeRolls,
      { ...decodeRolls, name: "client1-prefill-workers", parent: prefillUrn },
      {
        op: "replace",
        type: types.computeDomain,
        name: "client1-domain",
        parent: domainUrn,
        before: { spec: { numNodes: 0 } },
        after: { spec: { numNodes: 1 } },
        differing: { "spec.numNodes": "update-replace" },
        reasons: ["spec.numNodes"],
      },
    ];
    const lines = report(digestText({ steps })).split("\n");
    assert.deepEqual(lines.filter((line) => /^(###|\*\*|- |Risk)/.test(line)).slice(0, 9), [
      "### nvl72 client1: prefill rolls, decode rolls, 1 Deployment restarts, +32 GPUs, 1 replaced, 1 deleted <!-- nvl72-report:client1 -->",
      "**Replaced or deleted**",
      "- ComputeDomain `client1-domain` is **replaced**, because of `spec.numNodes`",
      "- Service `client1-decode` is **deleted**",
      "**client1 domain**: ComputeDomain replaced",
      "**client1 prefill**: 8 -> 12 trays, +16 GPUs, rolls one group at a time",
      "**client1 decode**: 8 -> 12 trays, +16 GPUs, rolls one group at a time; Service deleted",
      "**client1 router**: Deployment restarts",
      "Risk: **replacement** (ComputeDomain client1-domain), **deletion** (Service client1-decode), **address change** (Service client1-decode), **both roles at once** (client1 prefill, client1 decode); none of: interruption, KV format change.",
    ]);
  });

  it("counts a first deployment", () => {
    const create = (type: string, name: string, after: object): StepFixture => ({
      op: "create",
      type,
      name,
      parent: decodeUrn,
      after,
    });
    const steps = [
      { op: "create", type: "pulumi:providers:kubernetes", name: "rack", after: {} },
      { op: "create", type: types.decodePool, name: "client1-decode", after: {} },
      create(types.leaderWorkerSet, "client1-decode-workers", groups(1, 8, [])),
      create(types.service, "client1-decode", {}),
    ];
    const lines = report(streamText({ steps, outputsAfter: { plan: before } })).split("\n");
    assert.equal(lines[0], "### nvl72 client1: first deployment, 2 resources, +32 GPUs <!-- nvl72-report:client1 -->");
    assert.ok(lines.includes("| trays prefill / decode | - | 1 / 8 |  |"));
    assert.ok(
      lines.includes("**client1 decode**: 8 trays, +32 GPUs, new pool of 1 group (about 10 min); Service created"),
    );
  });

  it("comes out the same whatever the order of the steps, in both forms", () => {
    const steps = [...rolling.steps, { ...decodeRolls, name: "client1-prefill-workers", parent: prefillUrn }];
    const expected = report(digestText({ steps }));
    assert.equal(report(digestText({ steps: [...steps].reverse() })), expected);
    assert.equal(report(streamText({ steps })), expected);
  });

  it("keeps a ConfigMap's new name out of the risks", () => {
    const step: StepFixture = {
      op: "replace",
      type: types.configMap,
      name: "client1-decode-config",
      parent: decodeUrn,
      before: { data: { "a.json": "1" } },
      after: { data: { "a.json": "2" } },
      differing: { 'data["a.json"]': "update-replace" },
      reasons: ['data["a.json"]'],
    };
    const lines = report(digestText({ steps: [step] })).split("\n");
    assert.deepEqual(lines.slice(0, 3), [
      "### nvl72 client1: 1 resource in place, nothing replaced <!-- nvl72-report:client1 -->",
      "",
      "**client1 decode**: ConfigMap renewed",
    ]);
    assert.ok(lines.includes('- `data["a.json"]` `1` -> `2`'));
  });
});

describe("a report of nothing", () => {
  it("is one line", () => {
    const steps = [{ op: "same", type: types.service, name: "a", before: {}, after: {} }];
    const same = { steps, outputsBefore: { plan: before }, outputsAfter: { plan: before } };
    assert.equal(report(streamText(same)), "### nvl72 client1: nothing changes <!-- nvl72-report:client1 -->\n");
    assert.equal(report(digestText({ steps })), "### nvl72 client1: nothing changes <!-- nvl72-report:client1 -->\n");
  });

  it("still tells when the plan changes", () => {
    const lines = report(
      streamText({ steps: [], outputsBefore: { plan: before }, outputsAfter: { plan: after } }),
    ).split("\n");
    assert.equal(lines[0], "### nvl72 client1: no resource changes, the plan does <!-- nvl72-report:client1 -->");
    assert.equal(lines[4], "| trays prefill / decode | 1 / 8 | 1 / 12 | +4 trays |");
  });
});

describe("a report of a failed preview", () => {
  const problems = [
    "nvl72: client2 cannot run as configured (1 problem), nothing was changed",
    "  decode.dispatchTokensPerRank: 1408 is above 1024",
    "      rule: the kernel asserts it",
    "      fix:  1024",
  ].join("\n");
  const thrown =
    "error: Running program '/builds/7/stacks/index.js' failed with an unhandled exception:\n" +
    `Error [RefusedError]: ${problems}\n` +
    "    at Object.<anonymous> (/builds/7/stacks/index.js:4:38)\n    at Module._compile (node:internal/modules/cjs/loader:1521:14)\n";
  const expected = [
    "### nvl72 client2: preview failed, nothing was changed <!-- nvl72-report:client2 -->",
    "",
    "```text",
    problems,
    "```",
    "",
  ].join("\n");

  it("has the problems, without the stack trace and the paths of the machine", () => {
    const failed = { steps: [], diagnostics: [{ severity: "error", message: thrown }], result: "failed" };
    assert.equal(report(digestText(failed), { stack: "client2" }), expected);
    assert.equal(report(streamText(failed), { stack: "client2" }), expected);
  });

  it("reads an error that was stripped of its frames, and the stderr of the program", () => {
    const bare = `Running program '/a/b.js' failed with an unhandled exception:\n[Error [RefusedError]: ${problems}]\n`;
    const failed = { steps: [], diagnostics: [{ severity: "error", message: bare }], result: "failed" };
    assert.equal(report(streamText(failed), { stack: "client2" }), expected);
    const diagnostics = [
      { severity: "info#err", message: "error: It looks like the Pulumi SDK has not been installed.\n\n" },
      { severity: "error", message: "error: error reading from server: EOF\n" },
    ];
    const lines = report(digestText({ steps: [], diagnostics })).split("\n");
    assert.deepEqual(lines.slice(2, 8), [
      "```text",
      "error reading from server: EOF",
      "```",
      "```text",
      "It looks like the Pulumi SDK has not been installed.",
      "```",
    ]);
  });

  it("has what was written to the terminal when there is no JSON", () => {
    const failedOutput = `\u001b[31merror: ${problems}\u001b[0m\n`;
    assert.equal(report("", { stack: "client2", failedOutput }), expected);
  });

  it("names the resource that an error is about, and mandatory policies", () => {
    const failed: PreviewFixture = {
      steps: [],
      diagnostics: [{ severity: "error", message: "error: field is immutable\n", urn: decodeUrn }],
    };
    const violation = JSON.stringify({
      sequence: 99,
      policyEvent: {
        resourceUrn: decodeUrn,
        message: "images must have a digest",
        policyName: "digests",
        policyPackName: "nvl72",
        enforcementLevel: "mandatory",
      },
    });
    const lines = report(`${streamText({ ...failed, result: "failed" })}\n${violation}`).split("\n");
    assert.deepEqual(lines.slice(2, 8), [
      "```text",
      "client1-decode: field is immutable",
      "```",
      "```text",
      "client1-decode: policy nvl72/digests: images must have a digest",
      "```",
    ]);
  });

  it("does not take a preview that was cut off for one that changes nothing", () => {
    const text = streamText({ steps: [] }).split("\n").slice(0, 2).join("\n");
    assert.equal(
      report(text).split("\n")[0],
      "### nvl72 client1: preview failed, nothing was changed <!-- nvl72-report:client1 -->",
    );
    assert.equal(parsePreview(digestText({ steps: [] }).slice(0, -10)), undefined);
  });

  it("believes the exit code", () => {
    const lines = report(digestText({ steps: [] }), { failed: true, failedOutput: "error: killed" }).split("\n");
    assert.deepEqual(lines.slice(2, 5), ["```text", "killed", "```"]);
  });
});

describe("parsePreview", () => {
  it("skips what plugins and policy packs write around the JSON", () => {
    const noise = "Loading policy packs...\n{not json}\n";
    assert.equal(parsePreview(`${noise}${digestText(rolling)}\nDone {really}\n`)?.steps.length, 3);
    assert.equal(parsePreview(`${noise}${streamText(rolling)}\nDone\n`)?.steps.length, 3);
  });

  it("finds no preview in other text", () => {
    for (const text of ["", "error: no stack named 'x' found", "[]", '{"a": 1}']) {
      assert.equal(parsePreview(text), undefined);
    }
  });
});

describe("secrets", () => {
  const canary = "canary-3f9a";
  const env = (value: unknown): object[] => [{ name: "HF_TOKEN", value }];
  const step = (was: unknown, is: unknown, repeated = canary): StepFixture => ({
    ...decodeRolls,
    before: groups(2, 4, ["--api-key", `${canary}-flag`, "--admin-password=old-pass-word"], env(was)),
    after: groups(2, 4, ["--api-key", `${canary}-flag2`, "--max-total-tokens", repeated], env(is)),
    differing: { "spec.leaderWorkerTemplate.workerTemplate.spec.containers[0].env[0].value": "update" },
  });

  it("never appear, marked or named, streamed or not, nor where they are repeated", () => {
    const fixtures: PreviewFixture[] = [
      { steps: [step(shownSecret(canary), shownSecret(`${canary}-new`))] },
      { steps: [step(canary, `${canary}-new`)] },
      { steps: [step(streamedSecret, streamedSecret, "1"), step("[secret]", "[secret]", "1")] },
      {
        steps: [
          {
            op: "update",
            type: types.secret,
            name: "s",
            before: { stringData: { a: canary } },
            after: { data: { b: canary } },
          },
        ],
        diagnostics: [{ severity: "warning", message: `login with ${canary} failed` }],
      },
      { steps: [step(shownSecret(canary), "x")], diagnostics: [{ severity: "error", message: `bad token ${canary}` }] },
    ];
    for (const fixture of fixtures) {
      for (const text of [digestText(fixture), streamText(fixture)]) {
        assert.doesNotMatch(report(text, { failedOutput: canary }), /canary|old-pass-word/);
      }
    }
  });

  it("are told to change", () => {
    const lines = report(digestText({ steps: [step("[secret]", "[secret]")] })).split("\n");
    assert.ok(
      lines.includes(
        "- `spec.leaderWorkerTemplate.workerTemplate.spec.containers[0].env[0].value` changed, the value is secret",
      ),
    );
  });

  it("are not flags that count tokens", () => {
    const tokens = (count: string): object => groups(2, 4, ["--max-total-tokens", count]);
    const lines = report(
      digestText({ steps: [{ ...decodeRolls, before: tokens("4096"), after: tokens("8192") }] }),
    ).split("\n");
    assert.ok(lines.includes("  - `--max-total-tokens` `4096` -> `8192`"));
  });

  it("and unknown values have a word of their own", () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const step = { op: "update", type: types.service, name: "s", before: { a: "x" }, after: { a: unknown } };
    assert.ok(report(digestText({ steps: [step] })).includes("- `a` `x` -> `(known after apply)`"));
  });
});

describe("a report stays a report", () => {
  const nasty = fc.string({ unit: fc.constantFrom("`", "|", "<", ">", "@", "#", "*", "\n", "a", "]", "~", "é") });

  it("whatever texts it has to show: no HTML, no broken table, no mention", () => {
    fc.assert(
      fc.property(nasty, nasty, nasty, (name, was, is) => {
        const steps = [
          { op: "update", type: types.service, name, before: { [was]: was }, after: { [was]: is } },
          { op: "delete", type: types.service, name: `${name}x`, before: {} },
        ];
        const text = report(digestText({ steps, diagnostics: [{ severity: "warning", message: name }] }));
        const outsideCode = text.replace(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, "");
        assert.doesNotMatch(outsideCode.replace(/<!-- [\w:-]+ -->|<\/?details>|<\/?summary>/g, ""), /<[a-z/!]/i);
        assert.doesNotMatch(outsideCode, /@a|#a/);
      }),
    );
  });

  it("never longer than allowed, with every fold and fence closed", () => {
    const many = fc.record({
      steps: fc.nat({ max: 60 }),
      fields: fc.nat({ max: 40 }),
      errors: fc.nat({ max: 3 }),
      limit: fc.integer({ min: 500, max: 9000 }),
    });
    fc.assert(
      fc.property(many, ({ steps, fields, errors, limit }) => {
        const inputs = (value: string): object =>
          Object.fromEntries(Array.from({ length: fields }, (_, i) => [`field${i}`, value.repeat(20)]));
        const fixture: PreviewFixture = {
          steps: Array.from({ length: steps }, (_, i) => ({
            op: i % 3 === 0 ? "delete" : "update",
            type: types.service,
            name: `service-${i}`,
            before: inputs("a"),
            ...(i % 3 === 0 ? {} : { after: { ...inputs("b"), i } }),
          })),
          diagnostics: Array.from({ length: errors }, (_, i) => ({
            severity: "error",
            message: `problem ${i} ${"x".repeat(70)}\n`.repeat(20),
          })),
        };
        const text = report(digestText(fixture), { maxCharacters: limit });
        assert.ok(text.length <= limit, `${text.length} > ${limit}`);
        const count = (part: RegExp): number => [...text.matchAll(part)].length;
        assert.equal(count(/^```/gm) % 2, 0);
        assert.equal(count(/<details>/g), count(/<\/details>/g));
        assert.ok(text.startsWith("### nvl72 client1: "));
      }),
      { numRuns: 60 },
    );
  });

  it("says how many resources did not fit", () => {
    const steps = Array.from({ length: 30 }, (_, i) => ({
      op: "update",
      type: types.service,
      name: `service-${i}`,
      parent: decodeUrn,
      before: { spec: "a".repeat(60) },
      after: { spec: "b".repeat(60) },
    }));
    const lines = report(digestText({ steps }), { maxCharacters: 2000 }).split("\n");
    assert.ok(lines.includes("<details><summary>30 resources, field by field</summary>"));
    assert.ok(lines.includes("21 resources not shown: the report is as long as a comment may be"));
  });
});
