import { randomBytes } from "node:crypto";
import { provider } from "@pulumi/pulumi";
import { versions } from "../engine/programs";
import { changedInputs, create, refusals, remove, update, type Log, type Properties } from "./local-command";

/** The engine shows what a plugin writes to its standard error, as the real one's log lines are shown. */
const log: Log = (line) => void process.stderr.write(`${line}\n`);

const commandType = "command:local:Command";

/** The last type of a URN's chain of types is the resource's own. */
function requireCommand(urn: string): void {
  const type = urn.split("::")[2]?.split("$").at(-1);
  if (type === commandType) return;
  throw new Error(`the stand-in for the command provider knows ${commandType} only, not ${type ?? urn}`);
}

const standIn: provider.Provider = {
  version: versions.pulumiCommand,
  schema: JSON.stringify({ name: "command", version: versions.pulumiCommand }),
  check: async (urn, _olds, news: Properties) => {
    requireCommand(urn);
    return Promise.resolve({ inputs: news, failures: refusals(news) });
  },
  diff: async (_id, _urn, olds: Properties, news: Properties) => {
    const changed = changedInputs(olds, news);
    return Promise.resolve({ changes: changed.length > 0, replaces: changed.filter((name) => name === "triggers") });
  },
  create: async (urn, news: Properties) => {
    const name = urn.split("::").at(-1) ?? "";
    return { id: `${name}${randomBytes(4).toString("hex")}`, outs: await create(news, log) };
  },
  update: async (_id, _urn, olds: Properties, news: Properties) => ({ outs: await update(olds, news, log) }),
  delete: async (_id, _urn, state: Properties) => remove(state, log),
  invoke: (token) => Promise.reject(new Error(`the stand-in for the command provider does not know ${token}`)),
};

void provider.main(standIn, process.argv.slice(2));
