import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planScreen } from "../cli/plan";
import packageJson from "../package.json";
import { runProgram } from "./support/registration-harness";

const root = join(__dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

/** The first fenced block of a language that begins with a text. */
function block(language: string, beginning = ""): string {
  const found = new RegExp(`\`\`\`${language}\\n(${beginning}[^]*?)\`\`\``).exec(readme)?.[1];
  assert.ok(found !== undefined, `the README has no ${language} block`);
  return found;
}

describe("the README", () => {
  it("shows client 1's stack file as it is", () => {
    const file = readFileSync(join(root, "stacks/Pulumi.client1.yaml"), "utf8");
    assert.equal(block("yaml"), file.replace(/^#.*\n/, ""));
  });

  it("shows the first screen as it is", async () => {
    assert.ok((await planScreen(join(root, "stacks"))).startsWith(block("", "GB200").trimEnd()));
  });

  it("names npm scripts that exist", () => {
    const named = [
      ...readme.matchAll(
        /npm (?:run )?(start|stop|test|test:unit|preview|pulumi|rack|nvl72|lint|check|schema|calibrate|bench)\b/g,
      ),
    ];
    assert.ok(named.length >= 9);
    const missing = named.map(([, name]) => name ?? "").filter((name) => !(name in packageJson.scripts));
    assert.deepEqual(missing, []);
  });

  it("has a program that runs", async () => {
    const given =
      'const model = { preset: "deepseek-r1-nvfp4", weights: { hostPath: "/mnt/models", path: "R1" } };\n' +
      'const engine = { name: "sglang" as const, version: "0.5.8", image: "lmsysorg/sglang:v0.5.8-cu130" };\n' +
      'const image = "lightseekorg/smg:1.13.0";\n';
    const directory = mkdtempSync(join(tmpdir(), "nvl72-readme-"));
    const file = join(directory, "program.ts");
    writeFileSync(file, given + block("ts").replace('"pulumi-nvl72"', JSON.stringify(join(root, "src/index"))));
    const { registrations } = await runProgram(() => import(file));
    rmSync(directory, { recursive: true });
    const components = registrations.filter(({ custom }) => !custom).map(({ name }) => name);
    assert.deepEqual(components.sort(), [
      "client1",
      "client1-decode",
      "client1-experts",
      "client1-prefill",
      "client1-router",
    ]);
  });
});
