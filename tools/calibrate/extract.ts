// Reduces the measured per-operation tables of aiconfigurator-core to what the planner reads.
// usage: node tools/run.mjs tools/calibrate/extract.ts [WHEEL_DIR] [OUTPUT]
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { home, root } from "../engine/home";
import { runProgram } from "../engine/run-program";
import { reduceTables, sources, type Row, type SourceName } from "./op-tables";

const version = "0.12.0";
const dataFolder = "aiconfigurator_core/systems/data/gb200";

async function main(): Promise<void> {
  const [
    wheels = join(home().directory, "aiconfigurator-wheels"),
    output = join(root, "src/plan/speed/measured-operations.json"),
  ] = process.argv.slice(2);
  const folder = await unpackWheel(await obtainWheel(wheels));
  try {
    const names = Object.keys(sources) as readonly SourceName[];
    const rows = await Promise.all(names.map((name) => readTable(join(folder, dataFolder, sources[name]))));
    const tables = reduceTables(
      Object.fromEntries(names.map((name, i) => [name, rows[i] ?? []])) as Record<SourceName, readonly Row[]>,
    );
    const provenance = {
      package: `aiconfigurator-core ${version} (PyPI, ai-dynamo/aiconfigurator, Apache License 2.0)`,
      system: "NVIDIA GB200, latency of one operation of one layer in milliseconds",
      tables: Object.fromEntries(names.map((name) => [name, sources[name]])),
      script: "tools/calibrate/extract.ts",
    };
    writeFileSync(output, format({ provenance, ...tables }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function obtainWheel(directory: string): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const find = (): string | undefined => readdirSync(directory).find((name) => name.includes(`-${version}-`));
  if (find() === undefined) {
    // The tables are the same in every platform's wheel; naming one lets any machine read them.
    const platform = ["--only-binary=:all:", "--platform", "manylinux_2_28_x86_64", "--python-version", "3.11"];
    const download = ["download", "--quiet", "--no-deps", ...platform, "--dest", directory];
    await run("python3", ["-m", "pip", ...download, `aiconfigurator-core==${version}`]);
  }
  const wheel = find();
  if (wheel === undefined) throw new Error(`no wheel of aiconfigurator-core ${version} in ${directory}`);
  return join(directory, wheel);
}

async function unpackWheel(wheel: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "nvl72-op-tables-"));
  const members = Object.values(sources).map((source) => `${dataFolder}/${source}`);
  const program = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2], sys.argv[3:])";
  await run("python3", ["-c", program, wheel, folder, ...members]);
  return folder;
}

async function readTable(file: string): Promise<readonly Row[]> {
  if (!existsSync(file)) throw new Error(`the wheel has no ${file}`);
  const content = readFileSync(file);
  const buffer = content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength);
  const rows = await parquetReadObjects({ file: buffer, compressors });
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asNumber(value)])));
}

/** Parquet's 64-bit integers arrive as bigint. */
function asNumber(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram(command, args);
  if (code !== 0) throw new Error(`${command} ${args.slice(0, 3).join(" ")} ended with ${code}:\n${stderr}`);
}

/** One line per row of a table, so that a change of the data can be read in a diff. */
function format(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) => (isNumbers(inner) ? JSON.stringify(inner) : inner), 1);
  return `${text.replace(/"(\[[^"\]]*\])"/g, "$1")}\n`;
}

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => item === null || typeof item === "number");
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
