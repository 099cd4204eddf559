import { runTypeScript } from "./dependencies.mjs";

await runTypeScript("tools/test.ts", process.argv.slice(2));
