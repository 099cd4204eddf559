// npm run rack -- up | down | status | fault ...
import { parseArgs } from "node:util";
import { home } from "../engine/home";
import { explainMissing, obtain } from "../engine/obtain";
import { kueuePrograms, rackPrograms } from "../engine/programs";
import { faults } from "./faults";
import { describeShape, findRack, rackDown, RackError, rackUp, type Rack } from "./simulated-rack";
import { formatStatus, rackStatus } from "./status";

const usage = `A simulated GB200 NVL72 rack: real control plane and controllers, simulated trays.

  npm run rack -- up [--trays N] [--hosts N] [--kueue] [--no-ray] [--bare]
  npm run rack -- status
  npm run rack -- fault ${Object.entries(faults)
    .map(([name, { what }]) => `${name} ${what}`.trim())
    .join(" | ")}
  npm run rack -- down

  --state DIR  another rack than the one of npm start
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      state: { type: "string" },
      trays: { type: "string" },
      hosts: { type: "string" },
      kueue: { type: "boolean" },
      "no-ray": { type: "boolean" },
      bare: { type: "boolean" },
    },
  });
  const [command, ...rest] = positionals;
  const where = values.state === undefined ? {} : { state: values.state };
  switch (command) {
    case "up": {
      const names = [...rackPrograms, ...(values.kueue === true ? kueuePrograms : [])];
      const { missing } = await obtain(names, (line) => console.error(line));
      if (missing.length > 0) throw new RackError(explainMissing(missing));
      const rack = await rackUp({
        ...where,
        ...(values.trays === undefined ? {} : { trays: count("--trays", values.trays) }),
        ...(values.hosts === undefined ? {} : { hosts: count("--hosts", values.hosts) }),
        ...(values.kueue === undefined ? {} : { kueue: values.kueue }),
        ...(values["no-ray"] === undefined ? {} : { ray: !values["no-ray"] }),
        ...(values.bare === undefined ? {} : { bare: values.bare }),
        report: (line) => console.error(line),
      });
      console.log(`rack ${rack.started ? "up" : "is up already"}: ${describeShape(rack.shape)}`);
      console.log(`KUBECONFIG=${rack.kubeconfig}`);
      return 0;
    }
    case "down":
      await rackDown(where);
      console.log("rack down");
      return 0;
    case "status": {
      const rack = await running(where);
      console.log(`KUBECONFIG=${rack.kubeconfig}`);
      console.log(formatStatus(await rackStatus(rack)));
      return 0;
    }
    case "fault": {
      const [name = "", what = ""] = rest;
      const fault = faults[name];
      if (fault === undefined || (fault.what !== "") !== (what !== "")) break;
      await fault.act(await running(where), what);
      console.log(`${name} ${what}`.trim());
      return 0;
    }
    default:
  }
  process.stderr.write(usage);
  return 2;
}

async function running(where: { state?: string }): Promise<Rack> {
  const rack = await findRack(where);
  if (rack === undefined) throw new RackError("no rack is running: `npm run rack -- up` starts one");
  return rack;
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 1000) throw new RackError(`${option} ${text} is not a number`);
  return value;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    if (!(error instanceof RackError)) console.error(`logs: ${home().rack}/logs`);
    process.exitCode = 1;
  },
);
