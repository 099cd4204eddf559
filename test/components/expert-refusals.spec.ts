import assert from "node:assert/strict";
import { ExpertBalancer, type ExpertBalancerArgs } from "../../src/index";
import { balancerArgs } from "../support/component-args";
import { refusalOf } from "../support/registration-harness";

const ranks = { mode: "static", expertParallelSize: 32 } as const;

const refusals: readonly { readonly title: string; readonly args: ExpertBalancerArgs; readonly lines: string[] }[] = [
  {
    title: "a checkpoint nobody knows",
    args: balancerArgs({ preset: "gpt-oss" }),
    lines: [
      "  preset: gpt-oss is not a checkpoint that is known",
      "      rule: experts and layers follow from a checkpoint's shape",
      "      fix:  the preset of the pool's model",
    ],
  },
  {
    title: "a mode nobody offers and a part of an expert",
    args: balancerArgs({ mode: "sometimes" as "off", redundantExperts: -3.5 }),
    lines: [
      "  mode: sometimes is not a way of balancing",
      "      rule: experts sit where a recording says, where the engine moves them, or in order",
      "      fix:  off, static, dynamic",
      "  redundantExperts: -3.5 is not a number of experts",
      "      rule: redundant experts are whole replicas",
      "      fix:  0 or more",
    ],
  },
  {
    title: "a recording of another model",
    args: balancerArgs({ ...ranks, recording: [[1, 2]] }),
    lines: [
      "  recording: 1 layers x 2 experts",
      "      rule: deepseek-r1-nvfp4 has 61 layers and 256 routed experts",
      "      fix:  a recording of this model, with a row for every layer",
    ],
  },
  {
    title: "a recording whose rows differ",
    args: balancerArgs({ ...ranks, recording: [[1, 2], [3]] }),
    lines: [
      "  recording: counts[1]: 1 counts for 2 experts",
      '      rule: a recording is {"model": string, "layers": number, "experts": number, "counts": [layer][expert]}',
      "      fix:  dump the recording again, or point to the right file",
    ],
  },
  {
    title: "a file that cannot be read",
    args: balancerArgs({ ...ranks, recordingFile: "nowhere.json" }),
    lines: [
      "  recordingFile: nowhere.json cannot be read: ENOENT: no such file or directory, open 'nowhere.json'",
      "      rule: a recording is read at preview, from a path relative to where the program runs",
      "      fix:  the path of a JSON recording",
    ],
  },
  {
    title: "a placement of nothing, for nobody",
    args: balancerArgs({ mode: "static" }),
    lines: [
      "  recordingFile: 0 recordings",
      "      rule: a static placement is computed from exactly one",
      "      fix:  recordingFile: <JSON>, or recording: <counts>; without any, mode dynamic",
      "  expertParallelSize: 256 expert slots over 0 ranks",
      "      rule: every rank holds the same number of experts: (routed + redundant) % expert parallel size = 0",
      "      fix:  the pool's gpusPerWorker, and redundantExperts that divide by it",
    ],
  },
  {
    title: "a recording that nobody would use",
    args: balancerArgs({ mode: "dynamic", recordingFile: "client1.experts.json" }),
    lines: [
      "  mode: a recording with mode dynamic",
      "      rule: only a static placement is computed from a recording",
      "      fix:  mode static, or no recording",
    ],
  },
  {
    title: "an alert on experts in order, whose balance nobody promises",
    args: balancerArgs({ mode: "off", drift: {} }),
    lines: [
      "  drift: a watch over experts in the model's order",
      "      rule: nothing promises their balance, so the alert would always fire",
      "      fix:  mode static or dynamic, or leave it out",
    ],
  },
  {
    title: "an alert on nothing, for no time",
    args: balancerArgs({ mode: "dynamic", drift: { margin: 0, forMinutes: 0 } }),
    lines: [
      "  drift.margin: 0 is not a share of the promise",
      "      rule: the alert fires below (1 - margin) of what the placement promises",
      "      fix:  for example 0.1",
      "  drift.forMinutes: 0 is not a number of minutes",
      "      rule: drift is what lasts",
      "      fix:  for example 30",
    ],
  },
  {
    title: "an alert that always fires, after parts of a minute",
    args: balancerArgs({ mode: "dynamic", drift: { margin: 1, forMinutes: 2.5 } }),
    lines: [
      "  drift.margin: 1 is not a share of the promise",
      "      rule: the alert fires below (1 - margin) of what the placement promises",
      "      fix:  for example 0.1",
      "  drift.forMinutes: 2.5 is not a number of minutes",
      "      rule: drift is what lasts",
      "      fix:  for example 30",
    ],
  },
  {
    title: "a claim that no object of Kubernetes can be",
    args: balancerArgs({ recordingsClaim: "Recordings/1" }),
    lines: [
      '  recordingsClaim: "Recordings/1" is no name of a PersistentVolumeClaim',
      "      rule: lower-case letters, digits, dashes and dots, at most 253 characters",
      "      fix:  the name of a claim in the client's namespace",
    ],
  },
];

describe("an expert balancer refuses", () => {
  for (const { title, args, lines } of refusals) {
    it(title, async () => {
      const refusal = await refusalOf(() => new ExpertBalancer("client1-experts", args));
      const problems = lines.length === 3 ? "1 problem" : "2 problems";
      assert.equal(
        refusal.message,
        [`nvl72: client1-experts cannot run as configured (${problems}), nothing was changed`, ...lines].join("\n"),
      );
    });
  }
});
