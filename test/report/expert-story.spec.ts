import assert from "node:assert/strict";
import { designRecorder } from "../../src/components/recorder-design";
import { summarise, type ExpertSummary, type PlanSummary } from "../../src/report/plan-summary";
import { parsePreview } from "../../src/report/preview/digest";
import { renderReport } from "../../src/report/preview/markdown";
import type { ExpertRecorderArgs } from "../../src/components/recorder-args";
import { recorderArgs } from "../support/recorder-args";
import { client1Plan } from "./plans";
import { decodeUrn, digestText, groups, streamText, types, urn, type StepFixture } from "./previews";

const balancerType = "pulumi-nvl72:index:ExpertBalancer";
const recorderType = "pulumi-nvl72:index:ExpertRecorder";
const commandType = "command:local:Command";
const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const balancerUrn = urn(balancerType, "client1-experts");
const recorderUrn = urn(recorderType, "client1-experts-record");

const experts: ExpertSummary = {
  balanceBefore: 0.5457,
  balanceAfter: 0.9997,
  balanceBound: 1,
  moved: 16088,
  stepMillisecondsBefore: 38.96,
  stepMillisecondsAfter: 36.58,
};

function plan(changes: Partial<PlanSummary> = {}): PlanSummary {
  return { ...summarise(client1Plan()), ...changes };
}

const renewed: StepFixture = {
  op: "replace",
  type: types.configMap,
  name: "client1-experts-placement",
  parent: balancerUrn,
  before: { metadata: { name: "client1-experts-0123456789" }, data: { "placement.json": "[]" } },
  after: { metadata: { name: "client1-experts-abcdefabcd" }, data: { "placement.json": "[1]" } },
  differing: { "metadata.name": "update-replace" },
  reasons: ["metadata.name"],
};

/** What a recorder's command is given. */
function commandInputs(changes: Partial<ExpertRecorderArgs> = {}): object {
  const args = recorderArgs({ file: "stacks/client1.experts.json", ...changes });
  const designed = designRecorder("client1-experts-record", args);
  if ("problems" in designed) throw new Error(JSON.stringify(designed.problems));
  return { create: "a script", triggers: [args.run], stdin: JSON.stringify(designed.design.input) };
}

const command = { type: commandType, name: "client1-experts-record-run", parent: recorderUrn } as const;
const policy = { type: policyType, name: "client1-experts-record-network", parent: recorderUrn } as const;
/** A pool that is there and stays. */
const running: readonly StepFixture[] = [
  { op: "same", type: types.decodePool, name: "client1-decode", before: {}, after: {} },
  { op: "same", type: types.service, name: "client1-decode", parent: decodeUrn, before: {}, after: {} },
];
const records =
  "**client1-experts-record**: records which experts the pool uses into stacks/client1.experts.json; " +
  "the pool goes on serving, nothing of it changes";

/** A report in lines, the same of both forms of a preview. */
function report(steps: readonly StepFixture[], after = plan()): string[] {
  const rendered = [digestText({ steps }), streamText({ steps })].map((text) => {
    const preview = parsePreview(text);
    assert.ok(preview);
    return renderReport({ stack: "client1", preview, before: plan(), after });
  });
  assert.equal(rendered[0], rendered[1]);
  return (rendered[0] ?? "").split("\n");
}

const headline = (lines: readonly string[]): string | undefined => lines[0]?.replace(/ <!--.*/, "");
const told = (lines: readonly string[], title: string): string | undefined =>
  lines.find((line) => line.startsWith(`**${title}**`));
const noRisk =
  "Risk: none of: replacement, deletion, interruption, address change, KV format change, both roles at once.";

describe("a report of a new placement", () => {
  it("says what it gains, at best, what GPUs load for it, and what that does to a step", () => {
    const lines = report([renewed], plan({ experts }));
    assert.equal(
      told(lines, "client1 experts"),
      "**client1 experts**: balance on the recorded traffic 0.546 -> 1.000 (at best 1.000), " +
        "GPUs load 16,088 experts they did not hold, a full decode step 39.0 ms -> 36.6 ms (+6.5 % speed); ConfigMap renewed",
    );
    assert.equal(lines.filter((line) => line.startsWith("Risk")).join(), noRisk);
  });

  it("says what is worse, and one expert as one", () => {
    const worse = { ...experts, moved: 1, stepMillisecondsBefore: 30, stepMillisecondsAfter: 33 };
    assert.match(
      told(report([renewed], plan({ experts: worse })), "client1 experts") ?? "",
      /GPUs load 1 expert they did not hold, a full decode step 30.* -> 33.* ms \(-9.1 % speed\)/,
    );
  });

  it("says nothing of a step that nobody predicts", () => {
    const { balanceBefore, balanceAfter, balanceBound, moved } = experts;
    const unpredicted = { balanceBefore, balanceAfter, balanceBound, moved };
    assert.equal(
      told(report([renewed], plan({ experts: unpredicted })), "client1 experts"),
      "**client1 experts**: balance on the recorded traffic 0.546 -> 1.000 (at best 1.000), " +
        "GPUs load 16,088 experts they did not hold; ConfigMap renewed",
    );
  });

  it("compares with the model's order where nobody knows what was in force", () => {
    const line = told(report([renewed], plan({ experts: { ...experts, inOrder: true } })), "client1 experts") ?? "";
    assert.match(line, /recorded traffic 1\.000, in the model's order 0\.546 \(at best 1\.000\)/);
    assert.match(line, /a full decode step 36\.6 ms, in the model's order 39\.0 ms \(\+6\.5 % speed\)/);
  });

  it("says it of a first placement, and not of one that goes", () => {
    const first = { ...renewed, op: "create", before: undefined, differing: {}, reasons: [] };
    assert.match(told(report([first], plan({ experts })), "client1 experts") ?? "", /^.*: balance on the recorded/);
    const gone = { ...renewed, op: "delete", after: undefined, differing: {}, reasons: [] };
    assert.equal(told(report([gone], plan({ experts })), "client1 experts"), "**client1 experts**: ConfigMap deleted");
  });

  it("says what is created or renewed alone where no placement is loaded, or only the alert changes", () => {
    assert.equal(told(report([renewed]), "client1 experts"), "**client1 experts**: ConfigMap renewed");
    const alert: StepFixture = {
      op: "update",
      type: "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
      name: "client1-experts-drift",
      parent: balancerUrn,
      before: { spec: { groups: [{ rules: [{ for: "30m" }] }] } },
      after: { spec: { groups: [{ rules: [{ for: "10m" }] }] } },
      differing: { "spec.groups[0].rules[0].for": "update" },
    };
    assert.equal(
      told(report([alert], plan({ experts })), "client1 experts"),
      "**client1 experts**: PrometheusRule in place",
    );
  });

  it("stands before the pool that rolls for it", () => {
    const volume = (configMap: string): string[] => ["--init-expert-location", configMap];
    const pool: StepFixture = {
      op: "update",
      type: types.leaderWorkerSet,
      name: "client1-decode-workers",
      parent: decodeUrn,
      before: groups(1, 8, volume("a")),
      after: groups(1, 8, volume("b")),
      differing: { "spec.leaderWorkerTemplate.workerTemplate.spec.containers[0].args[1]": "update" },
    };
    const lines = report([pool, renewed], plan({ experts }));
    assert.equal(headline(lines), "### nvl72 client1: decode restarts (about 10 min), nothing replaced");
    const titles = lines.flatMap((line) => /^\*\*(client1 \w+)\*\*/.exec(line)?.[1] ?? []);
    assert.deepEqual(titles, ["client1 experts", "client1 decode"]);
  });
});

describe("a report of a recording", () => {
  it("says that a new one is made, into which file, and that nobody notices", () => {
    const created = { op: "create", ...command, after: commandInputs() };
    const lines = report([...running, { op: "create", ...policy, after: { spec: {} } }, created]);
    assert.equal(headline(lines), "### nvl72 client1: 1 command runs, nothing replaced");
    assert.equal(told(lines, "client1-experts-record"), `${records}; Command runs, NetworkPolicy created`);
    assert.ok(lines.includes(noRisk));
  });

  it("says the same of another run, which is no replacement to be afraid of", () => {
    const again: StepFixture = {
      op: "replace",
      ...command,
      before: commandInputs(),
      after: commandInputs({ run: "2" }),
      differing: { "triggers[0]": "update-replace", stdin: "update" },
      reasons: ["triggers[0]"],
    };
    const lines = report([again]);
    assert.equal(headline(lines), "### nvl72 client1: 1 command runs, nothing replaced");
    assert.equal(told(lines, "client1-experts-record"), `${records}; Command runs`);
    assert.ok(lines.includes(noRisk));
    assert.ok(!lines.some((line) => /Replaced or deleted|a script|NVL72_RECORDING_TASK/.test(line)));
  });

  it("counts two of them: one for the next placement, one that holds this one to its promise", () => {
    const verifierUrn = urn(recorderType, "client1-experts-verify");
    const after = commandInputs({ file: "stacks/client1.experts.verified.json" });
    const verify = { ...command, name: "client1-experts-verify-run", parent: verifierUrn, op: "create", after };
    const lines = report([{ op: "create", ...command, after: commandInputs() }, verify]);
    assert.equal(headline(lines), "### nvl72 client1: 2 commands run, nothing replaced");
    assert.match(told(lines, "client1-experts-verify") ?? "", /into stacks\/client1\.experts\.verified\.json;/);
  });

  it("says that nothing is recorded where only what the next one is told changes", () => {
    const told2 = { before: commandInputs(), after: commandInputs({ windowSeconds: 10 }) };
    const lines = report([{ op: "update", ...command, ...told2, differing: { stdin: "update" } }]);
    assert.equal(headline(lines), "### nvl72 client1: 1 resource in place, nothing replaced");
    assert.equal(told(lines, "client1-experts-record"), "**client1-experts-record**: Command in place");
    assert.ok(lines.includes(noRisk));
  });

  it("names no file where the preview does not say which", () => {
    const lines = report([{ op: "create", ...command, after: { triggers: ["1"] } }]);
    assert.equal(
      told(lines, "client1-experts-record"),
      "**client1-experts-record**: records which experts the pool uses; the pool goes on serving, " +
        "nothing of it changes; Command runs",
    );
  });

  it("stands beside a first deployment that is recorded at once", () => {
    const steps: StepFixture[] = [
      {
        op: "create",
        type: types.leaderWorkerSet,
        name: "client1-decode-workers",
        parent: decodeUrn,
        after: groups(1, 8, []),
      },
      { op: "create", ...policy, after: { spec: {} } },
      { op: "create", ...command, after: commandInputs() },
    ];
    assert.equal(headline(report(steps)), "### nvl72 client1: first deployment, 2 resources, 1 command runs, +32 GPUs");
  });
});
