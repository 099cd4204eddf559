import { statSync } from "node:fs";
import { join } from "node:path";
import { root } from "../engine/home";
import { runProgram } from "../engine/run-program";
import type { Measurement } from "./samples";

/** How large the package is that users download, and the tables in it. Packs what is built; makes no file. */
export async function measureSizes(): Promise<readonly Measurement[]> {
  const { code, stdout, stderr } = await runProgram("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
  });
  if (code !== 0) throw new Error(`npm pack ended with ${code}:\n${stderr}`);
  const [packed] = JSON.parse(stdout) as { size: number; unpackedSize: number; entryCount: number }[];
  if (packed === undefined) throw new Error(`npm pack named no package:\n${stdout}`);
  const tables = statSync(join(root, "src/plan/speed/measured-operations.json")).size;
  return [
    { what: "package, packed", unit: "kB", values: [packed.size / 1000] },
    { what: "package, unpacked", unit: "kB", values: [packed.unpackedSize / 1000] },
    { what: "package, files", unit: "files", values: [packed.entryCount] },
    {
      what: "measured operations",
      unit: "kB",
      values: [tables / 1000],
      target: { kind: "at most", value: 300 },
    },
  ];
}
