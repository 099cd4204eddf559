import { Document, isSeq, visit } from "yaml";
import { rackNamed } from "../../src/plan/rack";
import { formatWarning, RefusedError, type Problem } from "../../src/problems";
import { wrap } from "../../src/report/table";
import { ownShare } from "../client-args";
import { clientManifests } from "../client-manifests";
import { planClientStack } from "../client-plan";
import { parseStackConfig, type RawConfig } from "../config";
import { weightsFolder } from "./checkpoint-name";
import { leftOutByReason } from "./left-out";
import { gpusOf, type LeftOut, type Purpose, type Recipe } from "./recipe";

const commentWidth = 110;

export interface StackOptions {
  /** Name of the client, and of its namespace. */
  readonly client: string;
  readonly purpose: Purpose;
  /** Directory on every tray that the checkpoints lie in. */
  readonly weightsDirectory?: string;
}

export interface StackText {
  readonly client: string;
  readonly config: RawConfig;
  /** Content of `Pulumi.<client>.yaml`. */
  readonly text: string;
}

/** A stack and what the planner says of it; problems when it would be refused. */
export type PlannedText =
  (StackText & { readonly notes: readonly Problem[] }) | { readonly problems: readonly Problem[] };

/** Lines for the top of a stack file, without their hash. */
export interface Remarks {
  readonly notes?: readonly Problem[];
  readonly leftOut?: readonly LeftOut[];
  /** What is not as published, and why. */
  readonly changed?: readonly string[];
}

/** The configuration of a client's stack that runs a recipe alone, and the text of its file. */
export function toStackConfig(recipe: Recipe, options: StackOptions, remarks: Remarks = {}): StackText {
  const config = rawConfig(recipe, options);
  const settings = Object.fromEntries(Object.entries(config).map(([key, value]) => [`nvl72:${key}`, value]));
  const text = `${comments(recipe, remarks)}${yamlText({ config: settings })}`;
  return { client: options.client, config, text };
}

/** The same, held against what the stack itself would check before it creates anything. */
export function planStackConfig(recipe: Recipe, options: StackOptions, remarks: Remarks = {}): PlannedText {
  const planned = refereed(rawConfig(recipe, options), options.client);
  if (planned.problems.length > 0) return { problems: planned.problems };
  const notes = [...(remarks.notes ?? []), ...planned.warnings];
  return { ...toStackConfig(recipe, options, { ...remarks, notes }), notes };
}

function refereed(
  raw: RawConfig,
  client: string,
): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
  try {
    const config = parseStackConfig(raw, { stack: client, file: `Pulumi.${client}.yaml` });
    if (config.program !== "client") throw new Error("unreachable: imported stacks are clients");
    const share = ownShare(client, config.trays ?? 0);
    const rendered = clientManifests(config, share, ".");
    if ("problems" in rendered) return { problems: rendered.problems, warnings: [] };
    return { problems: [], warnings: planClientStack(config, share, ".").plan?.warnings ?? [] };
  } catch (error) {
    if (error instanceof RefusedError) return { problems: error.problems, warnings: [] };
    throw error;
  }
}

function rawConfig(recipe: Recipe, options: StackOptions): RawConfig {
  const { workload, preset, engine, prefill, decode, experts, draftTokens } = recipe;
  const hostPath = options.weightsDirectory ?? "/mnt/models";
  return {
    client: options.client,
    ...(options.purpose === "benchmark" ? { purpose: "benchmark" } : {}),
    trays: Math.ceil(gpusOf(recipe) / rackNamed(recipe.hardware).gpusPerTray),
    ...(recipe.hardware === "gb200-nvl72" ? {} : { hardware: recipe.hardware }),
    workload: { inputTokens: workload.inputTokens, outputTokens: workload.outputTokens },
    model: { preset, weights: { hostPath, path: weightsFolder(preset) } },
    engine,
    pools: { prefill, decode },
    experts,
    ...(draftTokens > 0 ? { speculation: { draftTokens } } : {}),
  };
}

/** Source and load on top; then what was changed, what the planner warns of, and what of the recipe is not here. */
function comments(recipe: Recipe, { notes = [], leftOut = [], changed = [] }: Remarks): string {
  const { source, concurrencies } = recipe;
  const load = concurrencies.length === 0 ? "not said" : concurrencies.join(", ");
  const remarks = [
    `Source: ${source}.`,
    `concurrency in the recipe: ${load}`,
    ...changed.map((change) => `changed: ${change}`),
    ...notes.map((note) => `note: ${formatWarning(note)}`),
    ...leftOutByReason(leftOut).map((line) => `not carried over: ${line}`),
  ];
  return remarks
    .flatMap((remark) => wrap(remark, commentWidth).map((line, i) => `# ${i === 0 ? "" : "  "}${line}\n`))
    .join("");
}

/** Lists of numbers stay on one line; everything else stands in blocks. */
function yamlText(content: object): string {
  // Pulumi reads YAML 1.1 too, where a bare off is a truth value.
  const document = new Document(content, { aliasDuplicateObjects: false, version: "1.1" });
  visit(document, {
    Seq: (_, node) => {
      if (isSeq(node)) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
