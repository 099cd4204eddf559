// node tools/run.mjs FILE.ts [args...]: installs what is missing, then runs the file.
import { runTypeScript } from "./dependencies.mjs";

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node tools/run.mjs FILE.ts [args...]");
  process.exit(2);
}
await runTypeScript(file, args);
