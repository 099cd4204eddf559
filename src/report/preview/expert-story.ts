import { brief, plural } from "../numbers";
import type { ExpertSummary, PlanSummary } from "../plan-summary";
import type { ComponentChange } from "./changes";
import { asText } from "./json";

/** What a change of experts means, in the words of who runs the pool; undefined for other components. */
export function expertStory(change: ComponentChange, plan: PlanSummary | undefined): string | undefined {
  if (change.kind === "ExpertBalancer") return placementStory(change, plan?.experts);
  if (change.kind === "ExpertRecorder") return recordingStory(change);
  return undefined;
}

/** Its ConfigMap is renewed where experts sit elsewhere. */
function placementStory(change: ComponentChange, experts: ExpertSummary | undefined): string | undefined {
  const placed = change.resources.some(({ kind, effect }) => kind === "ConfigMap" && effect !== "deleted");
  if (!placed || experts === undefined) return undefined;
  const { balanceAfter, balanceBound, moved } = experts;
  const balance = `balance on the recorded traffic ${versus(experts, experts.balanceBefore, balanceAfter, share)} (at best ${share(balanceBound)})`;
  return [balance, `GPUs load ${plural(moved, "expert")} they did not hold`, ...stepPhrase(experts)].join(", ");
}

function stepPhrase(experts: ExpertSummary): string[] {
  const { stepMillisecondsBefore: before, stepMillisecondsAfter: after } = experts;
  if (before === undefined || after === undefined) return [];
  const gain = (100 * (before / after - 1)).toFixed(1);
  return [
    `a full decode step ${versus(experts, before, after, (step) => `${brief(step)} ms`)} (${gain.startsWith("-") ? "" : "+"}${gain} % speed)`,
  ];
}

/** Of a pool whose engine moved its experts by itself, nobody knows where they were. */
function versus({ inOrder }: ExpertSummary, before: number, after: number, show: (value: number) => string): string {
  return inOrder === true
    ? `${show(after)}, in the model's order ${show(before)}`
    : `${show(before)} -> ${show(after)}`;
}

function recordingStory(change: ComponentChange): string | undefined {
  const command = change.resources.find(({ effect }) => effect === "runs");
  if (command === undefined) return undefined;
  const file = fileOf(asText(command.step.after.stdin));
  return `records which experts the pool uses${file === "" ? "" : ` into ${file}`}; the pool goes on serving, nothing of it changes`;
}

function fileOf(input: string): string {
  const [, file = ""] = /"file":"([^"\\]*)"/.exec(input) ?? [];
  return file;
}

function share(value: number): string {
  return value.toFixed(3);
}
