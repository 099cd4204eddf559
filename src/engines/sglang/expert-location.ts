/**
 * The file `--init-expert-location` reads: for every layer of the model, dense ones too, the logical expert in each
 * physical slot (SGLang eplb/expert_location.py, init_by_mapping). Slots of a rank stand together.
 */
export function expertLocationJson(physicalToLogical: readonly (readonly number[])[]): string {
  const rows = physicalToLogical.map((row) => `[${row.join(",")}]`);
  return `{"physical_to_logical_map":[\n${rows.join(",\n")}\n]}\n`;
}
