// npm run schema: writes schema.json, what Pulumi makes of the components for other languages.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ComponentProvider } from "@pulumi/pulumi/provider/experimental/provider";
import * as components from "../plugin/index";
import plugin from "../plugin/package.json";

const root = join(__dirname, "..");

export const schemaFile = join(root, "schema.json");

/** The same text that `pulumi package get-schema ./plugin` gives, in lines; no program of Pulumi is needed. */
export async function currentSchema(): Promise<string> {
  const provider = new ComponentProvider({
    components: Object.values(components),
    dirname: join(root, "plugin"),
    name: plugin.name,
  });
  const schema: unknown = JSON.parse(await provider.getSchema());
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

async function write(): Promise<void> {
  writeFileSync(schemaFile, await currentSchema());
  console.log("wrote schema.json");
}

if (require.main === module) void write();
