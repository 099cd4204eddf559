import { runTypeScript } from "./dependencies.mjs";

await runTypeScript("tools/start.ts", process.argv.slice(2));
