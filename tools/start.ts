// npm start: the plan first, then everything it needs to be looked at on a simulated rack.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home, root } from "./engine/home";
import { explainMissing, obtain } from "./engine/obtain";
import { enginePrograms, rackPrograms } from "./engine/programs";
import { isSimulated } from "./pulumi-cli/workspace";
import { describeShape, findRack, rackUp, type Rack } from "./rack/simulated-rack";
import { deploy, entrance, type Deployed } from "./start/deploy";
import { printFailure, StartError } from "./start/failure";
import { Progress } from "./start/progress";
import { allReady } from "./start/ready";

const clients = ["client1", "client2"] as const;

async function main(): Promise<void> {
  console.log(await drawPlan());
  console.log();
  const begun = performance.now();
  const simulated = isSimulated();
  const progress = new Progress(4);
  const logs = join(simulated ? home().rack : home().directory, "logs");

  await progress.step("engine", async (detail) => {
    const steps: string[] = [];
    const { missing } = await obtain([...enginePrograms, ...(simulated ? rackPrograms : [])], (line) => {
      steps.push(line);
      detail(line);
    });
    if (missing.length > 0) {
      const rendered = await renderManifests();
      throw new StartError(
        `${explainMissing(missing)}\nThe plan above needed none of them, nor did ${rendered}: everything the stacks would create.\n` +
          "Not started: the rack, and the stacks on it.",
      );
    }
    return steps.length === 0 ? "ready (cached)" : "ready";
  });

  await progress.step("rack", async (detail) => {
    if (!simulated) return `the cluster of ${process.env.NVL72_KUBECONFIG ?? ""}`;
    const rack = await rackUp({ report: detail });
    return `${rack.started ? "up" : "already up"}, ${describeShape(rack.shape)}`;
  });

  const deployed: Deployed[] = [];
  await progress.step("stacks", async (detail) => {
    const up = async (stack: string): Promise<void> => {
      detail(`${stack} ...`);
      const result = await deploy(stack, logs);
      deployed.push(result);
      detail(`${stack}: ${result.changes} in ${result.seconds.toFixed(1)} s`);
    };
    await up("rack"); // what it exports decides what the clients get
    await every(clients.map(up));
    return deployed.every(({ unchanged }) => unchanged) ? "nothing changed" : deployed.map(describe).join("; ");
  });

  await progress.step("ready", async (detail) => {
    if (!simulated) return "pulumi waited for what it deployed";
    return allReady(await runningRack(), detail);
  });

  await farewell(simulated, (performance.now() - begun) / 1000);
}

/** Refuses with a complete message, before anything is created, when the configuration cannot run. */
async function drawPlan(): Promise<string> {
  // Imported only now: a mistake in the library is then reported like any other failure.
  const { planScreen } = await import("../cli/plan.js");
  const colour = process.stdout.isTTY && (process.env.NO_COLOR ?? "") === "";
  return planScreen(join(root, "stacks"), { colour });
}

/** Writes what could be applied without Pulumi. Returns the file's name as the user would type it. */
async function renderManifests(): Promise<string> {
  const { renderDirectory } = await import("../cli/render.js");
  const file = join(".nvl72", "manifests.yaml");
  mkdirSync(join(root, ".nvl72"), { recursive: true });
  writeFileSync(join(root, file), renderDirectory(join(root, "stacks")));
  return file;
}

async function runningRack(): Promise<Rack> {
  const rack = await findRack();
  if (rack === undefined) throw new StartError(`the rack stopped; logs: ${join(home().rack, "logs")}`);
  return rack;
}

/** Waits for all, also when one fails: a pulumi that is at work must not be left alone. */
async function every(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).filter((result) => result.status === "rejected");
  if (failed.length > 0) {
    throw new StartError(failed.map(({ reason }) => (reason as Error).message).join("\n\n"));
  }
}

function describe({ stack, changes }: Deployed): string {
  return `${stack} ${changes}`;
}

async function farewell(simulated: boolean, seconds: number): Promise<void> {
  console.log(`\nready in ${seconds.toFixed(0)} s`);
  for (const client of clients) console.log(` ${client}  ${(await entrance(client)) ?? "has no router"}`);
  if (simulated) {
    console.log(" simulated rack: pods are scheduled, rolled and evicted like real ones, but make no tokens");
  }
  console.log(`
try next
 change a number in stacks/Pulumi.client2.yaml, then   npm run preview -- client2
 make it so                                            npm start${
   simulated
     ? `
 see who is on which tray                              npm run rack -- status
 take a tray away, and give it back                    npm run rack -- fault lose-tray tray-00 | mend
 stop, and forget the rack with all that is on it      npm run stop`
     : ""
 }`);
}

// Ctrl-C reaches pulumi and the rack's scripts as well; this process ends after them.
process.on("SIGINT", () => undefined);
main().catch((error: unknown) => {
  printFailure(error);
  process.exitCode = 1;
});
