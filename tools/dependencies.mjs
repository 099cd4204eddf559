// Plain Node, no dependencies: this file runs before there are any.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Ends the process with a plain message when this Node is too old to run the project. */
export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`nvl72 needs Node 20.19 or newer; this is ${process.versions.node}`);
  process.exit(1);
}

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes what it installed to
 * node_modules/.package-lock.json, so comparing the two also notices an `npm install` made by hand.
 */
export function installed(directory = root) {
  const record = join(directory, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  try {
    const wanted = JSON.parse(readFileSync(join(directory, "package-lock.json"), "utf8")).packages;
    const have = JSON.parse(readFileSync(record, "utf8")).packages;
    return Object.entries(wanted).every(([path, entry]) => {
      if (path === "") return true; // the project itself
      const there = have[path];
      // Optional packages are left out where they do not fit the machine.
      return there === undefined ? entry.optional === true : there.version === entry.version;
    });
  } catch {
    return false; // half-written by an install that was cut off
  }
}

/** Installs the dependencies when they are missing or are not those of package-lock.json. */
export async function installDependencies() {
  if (installed()) return;
  process.stderr.write("installing dependencies (npm ci) ... ");
  const begun = Date.now();
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const output = [];
  const child = spawn("npm", args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  child.stdout.on("data", (chunk) => output.push(chunk));
  child.stderr.on("data", (chunk) => output.push(chunk));
  const code = await new Promise((resolve) => {
    child.on("error", (error) => {
      output.push(Buffer.from(error.message));
      resolve(1);
    });
    child.on("close", resolve);
  });
  if (code !== 0) {
    process.stderr.write(`failed\n${Buffer.concat(output).toString()}\n`);
    process.stderr.write("npm could not install the dependencies: is its registry reachable? Try `npm ci`.\n");
    process.exit(1);
  }
  process.stderr.write(`${((Date.now() - begun) / 1000).toFixed(1)} s\n`);
}

/** Runs a TypeScript file of the project in a Node of its own, and ends with its exit code. */
export async function runTypeScript(file, args) {
  requireNode();
  await installDependencies();
  // Node looks for tsx from the working directory.
  const child = spawn(process.execPath, ["--import", "tsx", join(root, file), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  // The terminal sends Ctrl-C to both; this process only waits for the other to tidy up.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => signal === "SIGTERM" && child.kill(signal));
  child.on("close", (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
}
