import { parseArgs } from "node:util";
import { RefusedError } from "../src/problems";
import { grouped } from "../src/report/numbers";
import { textTable } from "../src/report/table";
import type { Preset } from "../stacks/recipes/preset";
import { findPresetByName, presets } from "../stacks/recipes/presets";
import { gpusOf } from "../stacks/recipes/recipe";
import { planStackConfig } from "../stacks/recipes/stack-config";
import { UsageError, writeText } from "./terminal";

/**
 * `nvl72 preset`: lists published shapes, or prints one as a client's stack.
 *
 * @throws {RefusedError} for a preset of other hardware than the rack's
 */
export function presetCommand(args: readonly string[]): string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { client: { type: "string", default: "client" }, out: { type: "string" } },
  });
  const [name, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`nvl72 preset: one preset, not also ${others.join(" ")}`);
  if (name === undefined) return presetTable();
  const text = presetText(name, values.client);
  if (values.out === undefined) return text;
  writeText("preset", values.out, text);
  return `nvl72: wrote ${values.out}\n`;
}

function presetText(name: string, client: string): string {
  const found = findPresetByName(name);
  if (found === undefined) {
    throw new UsageError(`nvl72 preset: there is no ${name}; \`nvl72 preset\` lists ${presets.length}`);
  }
  const { recipe, changed } = found;
  const planned = planStackConfig(recipe, { client, purpose: "production" }, { changed });
  if ("problems" in planned) throw new RefusedError(name, planned.problems);
  return planned.text;
}

function presetTable(): string {
  const rows = presets.map((entry) => [
    entry.name,
    String(gpusOf(entry.recipe)),
    publishedText(entry),
    entry.changed.length === 0 ? "as published" : "changed",
    entry.recipe.source,
  ]);
  const lines = textTable(
    [
      { title: "preset", align: "left" },
      { title: "GPUs", align: "right" },
      { title: "published", align: "left" },
      { title: "settings", align: "left" },
      { title: "source", align: "left" },
    ],
    rows,
  );
  return `${lines.join("\n")}\n`;
}

function publishedText({ published }: Preset): string {
  if (published === undefined) return "unpublished";
  return `${grouped(published.value)} ${published.unit} ${published.what}`;
}
