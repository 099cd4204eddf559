import type { ExpertPlacement } from "../../plan/experts/placement";
import { placementRowProblems, type PlacementShape } from "../../plan/experts/placement-rows";
import type { Problem } from "../../problems";

export type ParsedPlacement = { readonly placement: ExpertPlacement } | { readonly problems: readonly Problem[] };

/**
 * The file `--init-expert-location` reads: for every layer of the model, dense ones too, the logical expert in each
 * physical slot (SGLang eplb/expert_location.py, init_by_mapping). Slots of a rank stand together.
 */
export function expertLocationJson(physicalToLogical: readonly (readonly number[])[]): string {
  const rows = physicalToLogical.map((row) => `[${row.join(",")}]`);
  return `{"physical_to_logical_map":[\n${rows.join(",\n")}\n]}\n`;
}

const words = {
  path: "physical_to_logical_map",
  rule: "a row for every layer of the model, dense ones too, each with as many slots, divisible by the ranks, and every expert: static dispatch stops at one without a slot (SGLang eplb/expert_location.py)",
  fix: "the placement of this model for this number of ranks",
} as const;

/**
 * Reads such a file by the engine's rules (expert_location.py, 01fec5c2). `init_by_mapping` takes every field of the
 * file as an argument, so that a further one ends the start with a TypeError. The map is laid out by its own rows: one
 * expert without a slot divides by zero in `_fair_choices` under `--ep-dispatch-algorithm static`, which any placement
 * other than `trivial` switches on (server_args.py).
 */
export function parseExpertLocation(value: unknown, shape: PlacementShape): ParsedPlacement {
  const file = (value ?? {}) as Readonly<Record<string, unknown>>;
  const rows = file[words.path];
  const problems = [...checkFields(file), ...placementRowProblems(rows, shape, words)];
  if (problems.length > 0) return { problems };
  return { placement: { ranks: shape.ranks, physicalToLogical: rows as readonly (readonly number[])[] } };
}

function checkFields(file: Readonly<Record<string, unknown>>): readonly Problem[] {
  const others = Object.keys(file).filter((name) => name !== words.path);
  if (others.length === 0) return [];
  return [
    {
      path: others[0] ?? "",
      what: `${others.join(", ")} beside ${words.path}`,
      rule: "every field of the file is an argument of init_by_mapping, which takes no other (SGLang eplb/expert_location.py)",
      fix: `${words.path} alone`,
    },
  ];
}
