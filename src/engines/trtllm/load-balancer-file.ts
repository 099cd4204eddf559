import { parse } from "yaml";
import { trivialRow, type ExpertPlacement } from "../../plan/experts/placement";
import type { ModelShape } from "../../plan/model-shape";
import { slotProblems } from "../../plan/experts/placement-rows";
import type { Problem } from "../../problems";

/**
 * The file of a static placement. `physicalToLogical` has a row for every layer, dense ones too, as the placement for
 * SGLang; the engine asks only for those with experts, by the layer's number, and stops on a missing one or on a row
 * that has not `slots` entries (llm_args.py MoeLoadBalancerConfig). Prediction layers come after the others and are
 * never recorded: they get every expert in order, and the first ones again.
 */
export function loadBalancerYaml(
  physicalToLogical: readonly (readonly number[])[],
  slots: number,
  shape: Pick<ModelShape, "denseLayers" | "predictionLayers" | "routedExperts">,
): string {
  const inOrder = Array.from({ length: slots }, (_, slot) => slot % shape.routedExperts);
  const rows = [...physicalToLogical, ...Array.from({ length: shape.predictionLayers }, () => inOrder)];
  const lines = rows.flatMap((row, layer) => (layer < shape.denseLayers ? [] : [`  ${layer}: [${row.join(", ")}]`]));
  return ["initial_global_assignments:", ...lines, `num_slots: ${slots}`, "layer_updates_per_iter: 0", ""].join("\n");
}

/** What the file is read for. */
export interface BalancedModel {
  readonly layers: number;
  /** The first layers have no experts, and no row. */
  readonly denseLayers: number;
  /** Absent where only the file knows: then up to the highest it names. */
  readonly experts?: number;
  readonly ranks: number;
}

export interface LoadBalancerFile {
  /** A row for every layer of the model: dense ones, which the file has not, in order. */
  readonly placement: ExpertPlacement;
  /** Layers whose experts may move in one step; 0 stays as placed. */
  readonly layerUpdatesPerStep: number;
}

type Parsed = LoadBalancerFile | { readonly problems: readonly Problem[] };

const source = "TensorRT-LLM llmapi/llm_args.py MoeLoadBalancerConfig";
const known = ["num_slots", "initial_global_assignments", "layer_updates_per_iter"];
const fix = "the placement of this model for this number of ranks";
/** A damaged file breaks the same rule in every row. */
const examples = 3;

/**
 * Reads `moe_config.load_balancer` by the engine's rules: no other fields (StrictBaseModel), `num_slots` a multiple of
 * the ranks, a row for every layer with experts, of `num_slots` entries (llm_args.py), and in each all experts and
 * nothing else (fused_moe/interface.py `_init_load_balancer`, which also wants `num_slots` to hold them).
 */
export function parseLoadBalancer(text: string, model: BalancedModel): Parsed {
  const file = yamlOf(text);
  if (typeof file !== "object" || file === null || Array.isArray(file)) {
    return { problems: [{ path: "", what: "no YAML mapping", rule: `the fields are ${known.join(", ")}`, fix }] };
  }
  const fields = file as Readonly<Record<string, unknown>>;
  const counted = { ...model, experts: model.experts ?? highestExpert(fields.initial_global_assignments) + 1 };
  const { num_slots: slots, layer_updates_per_iter: updates = 0, initial_global_assignments: rows } = fields;
  const problems = [...checkFields(fields), ...checkUpdates(updates), ...checkSlots(slots, counted)];
  if (typeof slots !== "number" || problems.length > 0) return { problems };
  problems.push(...checkRows(rows, slots, counted));
  if (problems.length > 0) return { problems };
  const placement = placementOf(rows as Assignments | undefined | null, slots, counted);
  return { placement, layerUpdatesPerStep: updates as number };
}

type CountedModel = BalancedModel & { readonly experts: number };

type Assignments = Readonly<Record<string, readonly number[]>>;

function yamlOf(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function checkFields(fields: Readonly<Record<string, unknown>>): readonly Problem[] {
  return Object.keys(fields)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: name,
      what: "not a field of the load balancer",
      rule: `the engine takes ${known.join(", ")} and refuses all else (${source})`,
      fix: `leave ${name} out`,
    }));
}

function checkUpdates(updates: unknown): readonly Problem[] {
  if (typeof updates === "number" && Number.isInteger(updates) && updates >= 0) return [];
  const rule = `layers that may move in one step, 0 for none (${source})`;
  return [
    { path: "layer_updates_per_iter", what: `${JSON.stringify(updates)} is not a whole number`, rule, fix: "0 or 1" },
  ];
}

function checkSlots(slots: unknown, { experts, ranks }: CountedModel): readonly Problem[] {
  const rule = `num_slots is a multiple of the ranks (${source}) and holds every expert (fused_moe/interface.py)`;
  const problem = (what: string): readonly Problem[] => [{ path: "num_slots", what, rule, fix }];
  if (typeof slots !== "number" || !Number.isInteger(slots)) return problem("not a whole number");
  if (slots < experts) return problem(`${slots} slots for ${experts} experts`);
  return slots % ranks === 0 ? [] : problem(`${slots} slots do not divide by ${ranks} ranks`);
}

function checkRows(rows: unknown, slots: number, model: CountedModel): readonly Problem[] {
  // Without assignments the engine starts in an order of its own.
  if (rows === undefined || rows === null) return [];
  const path = "initial_global_assignments";
  const rule = `a row for every layer with experts, of num_slots entries (${source}), which are all experts (fused_moe/interface.py)`;
  if (typeof rows !== "object" || Array.isArray(rows)) return [{ path, what: "no rows by layer", rule, fix }];
  const given = rows as Readonly<Record<string, unknown>>;
  const expertLayers = Array.from({ length: model.layers - model.denseLayers }, (_, i) =>
    String(model.denseLayers + i),
  );
  const absent = expertLayers.filter((layer) => !(layer in given));
  const damaged = Object.entries(given).flatMap(([layer, row]) =>
    slotProblems(row, slots, model.experts).map((what): Problem => ({ path: `${path}[${layer}]`, what, rule, fix })),
  );
  const more = damaged.length - examples;
  return [
    ...(absent.length === 0 ? [] : [{ path, what: `no row for layer ${absent.join(", ")}`, rule, fix }]),
    ...damaged.slice(0, examples),
    ...(more > 0 ? [{ path, what: `${more} more ${more === 1 ? "row is" : "rows are"} damaged`, rule, fix }] : []),
  ];
}

function placementOf(rows: Assignments | undefined | null, slots: number, model: CountedModel): ExpertPlacement {
  const { layers, experts, ranks } = model;
  // Rows leave nothing to the engine but dense layers, where any order will do.
  const inOrder = rows === undefined || rows === null ? startingRow(experts, slots, ranks) : trivialRow(experts, slots);
  return { ranks, physicalToLogical: Array.from({ length: layers }, (_, layer) => rows?.[String(layer)] ?? inOrder) };
}

function highestExpert(rows: unknown): number {
  const named: readonly unknown[] = Object.values(rows ?? {}).flat();
  return named.reduce((most: number, expert) => (Number.isInteger(expert) ? Math.max(most, Number(expert)) : most), 0);
}

/**
 * Where TensorRT-LLM starts without assignments: every rank has its share of the model and then the first experts of
 * the next rank's (fused_moe/interface.py `_init_load_balancer`). SGLang puts the replicas onto the last ranks instead.
 */
export function startingRow(experts: number, slots: number, ranks: number): readonly number[] {
  const perRank = slots / ranks;
  return Array.from({ length: slots }, (_, slot) => {
    const rank = Math.floor(slot / perRank);
    return (Math.floor((rank * experts) / ranks) + (slot % perRank)) % experts;
  });
}
