import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join, sep } from "node:path";
import ts from "typescript";
import { importsOf, loadedWith, parseSource, sourceFiles, sourceText, visit } from "./support/source-imports";

const library = sourceFiles("src");

/** Each layer, and the layers it may use beside itself. Whatever is not here is the public API, which uses all. */
const layers: Readonly<Record<string, readonly string[]>> = {
  components: ["manifests", "engines", "plan", "problems", "refs"],
  manifests: ["engines", "plan", "problems", "refs"],
  engines: ["plan", "problems", "refs"],
  report: ["plan", "problems", "refs"],
  plan: ["problems", "refs"],
  refs: ["problems"],
  problems: [],
};

function layerOf(file: string): string {
  return (file.split(sep)[1] ?? "").replace(/\.ts$/, "");
}

describe("the architecture", () => {
  it("has imports in one direction: components, manifests, engines, plan, problems", () => {
    const wrong = library
      .filter((file) => file !== join("src", "index.ts"))
      .flatMap((file) => {
        const allowed = layers[layerOf(file)] ?? [];
        return importsOf(file)
          .map(({ target }) => target)
          .filter((target) => target.startsWith(`src${sep}`))
          .filter((target) => layerOf(target) !== layerOf(file) && !allowed.includes(layerOf(target)))
          .map((target) => `${file} -> ${target}`);
      });
    assert.deepEqual(wrong, []);
  });

  it("has no other folders than these", () => {
    assert.deepEqual([...new Set(library.map(layerOf))].sort(), ["index", ...Object.keys(layers)].sort());
  });

  it("lets only the components load Pulumi; all else takes types from it at most", () => {
    const loading = library.filter((file) =>
      importsOf(file).some(({ target, typeOnly }) => target.startsWith("@pulumi/") && !typeOnly),
    );
    assert.deepEqual([...new Set(loading.map(layerOf))], ["components"]);
  });

  it("keeps the library apart from what uses it", () => {
    const outside = library.flatMap((file) =>
      importsOf(file)
        .map(({ target }) => target)
        .filter((target) => target.endsWith(".ts") && !target.startsWith(`src${sep}`))
        .map((target) => `${file} -> ${target}`),
    );
    assert.deepEqual(outside, []);
  });

  it("computes the same for everybody at any time: no clock, no dice, no file outside the components", () => {
    const impure = library
      .filter((file) => layerOf(file) !== "components")
      .flatMap((file) =>
        [
          ...importsOf(file)
            .map(({ target }) => target)
            .filter((target) => /^(node:)?(fs|os|net|http|child_process)\b/.test(target)),
          ...worldIn(file),
        ].map((what) => `${file}: ${what}`),
      );
    assert.deepEqual(impure, []);
  });

  it("exports by name, so that nothing becomes public by accident", () => {
    const wholesale = library.filter((file) => /^export \*/m.test(sourceText(file)));
    assert.deepEqual(wholesale, []);
  });

  it("has files that fit into a head", () => {
    const long = sourceFiles("src", "stacks", "cli").filter((file) => sourceText(file).split("\n").length > 400);
    assert.deepEqual(long, []);
  });

  it("names files after what they are", () => {
    const vague = sourceFiles("src", "stacks", "cli", "tools", "test").filter((file) =>
      file.split(/[/\\.-]/).some((word) => /^(utils?|helpers?|managers?|handlers?|common|misc|lib)$/.test(word)),
    );
    assert.deepEqual(vague, []);
  });
});

describe("planning in a terminal", () => {
  it("does not need Pulumi, by its imports", () => {
    assert.deepEqual(
      [...loadedWith(join("cli", "plan.ts"))].filter((target) => target.startsWith("@pulumi/")),
      [],
    );
  });

  it("does not load Pulumi when it runs", () => {
    const program = `require("./cli/plan.ts"); console.log(Object.keys(require.cache).join("\\n"));`;
    const loaded = execFileSync(process.execPath, ["--import", "tsx", "-e", program], {
      cwd: join(__dirname, ".."),
      encoding: "utf8",
    }).split("\n");
    assert.ok(loaded.some((file) => file.endsWith(join("cli", "plan.ts"))));
    assert.deepEqual(
      loaded.filter((file) => file.includes("@pulumi")),
      [],
    );
  });
});

/** Uses of what differs from one moment to the next. */
function worldIn(file: string): readonly string[] {
  const found: string[] = [];
  visit(parseSource(file), (node) => {
    if (ts.isPropertyAccessExpression(node) && /^(Date\.now|Math\.random|performance\.now)$/.test(node.getText())) {
      found.push(node.getText());
    }
    if (ts.isNewExpression(node) && node.expression.getText() === "Date" && (node.arguments?.length ?? 0) === 0) {
      found.push(node.getText());
    }
  });
  return found;
}
