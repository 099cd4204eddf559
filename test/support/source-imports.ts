import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

/** What one module takes from another. */
export interface Import {
  /** Path below the root for a module of this project, else the package's specifier. */
  readonly target: string;
  /** Whether it is gone once types are erased. */
  readonly typeOnly: boolean;
}

const root = join(__dirname, "..", "..");

/** TypeScript files below a folder of the project, as paths from its root. */
export function sourceFiles(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(folder, file)),
  );
}

export function sourceText(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

export function parseSource(file: string): ts.SourceFile {
  return ts.createSourceFile(file, sourceText(file), ts.ScriptTarget.ES2022, true);
}

/** Everything a module imports or exports from elsewhere, `import()` and `require()` included. */
export function importsOf(file: string): readonly Import[] {
  const imports: Import[] = [];
  const found = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    imports.push({ target: resolve(file, specifier.text), typeOnly });
  };
  visit(parseSource(file), (node) => {
    if (ts.isImportDeclaration(node)) found(node.moduleSpecifier, isTypeOnlyImport(node));
    if (ts.isExportDeclaration(node)) found(node.moduleSpecifier, isTypeOnlyExport(node));
    if (ts.isExternalModuleReference(node)) found(node.expression, false);
    if (ts.isCallExpression(node) && isLoad(node.expression)) found(node.arguments[0], false);
  });
  return imports;
}

/** Every module and package that is loaded with `file`, the file itself included. */
export function loadedWith(file: string): ReadonlySet<string> {
  const loaded = new Set<string>();
  const load = (target: string): void => {
    if (loaded.has(target)) return;
    loaded.add(target);
    if (!target.endsWith(".ts")) return;
    for (const { target: next, typeOnly } of importsOf(target)) if (!typeOnly) load(next);
  };
  load(file);
  return loaded;
}

export function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => {
    visit(child, look);
  });
}

function isTypeOnlyImport({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = importClause;
  if (name !== undefined || namedBindings === undefined || ts.isNamespaceImport(namedBindings)) return false;
  return namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly);
}

function isTypeOnlyExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true;
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return false;
  return exportClause.elements.every((element) => element.isTypeOnly);
}

function isLoad(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === "require");
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  const path = join(root, dirname(from), specifier);
  const file = [`${path}.ts`, join(path, "index.ts"), path].find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`${from} imports ${specifier}, which does not exist`);
  return relative(root, file);
}
