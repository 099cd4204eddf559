import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { findOnPath, isProgram } from "./find-on-path";
import { versions, type ProgramName } from "./programs";
import { runProgram } from "./run-program";
import type { Source } from "./source";
import { writeStamp } from "./stamps";
import { readVersion, versionFits } from "./version";

interface Found {
  readonly file: string;
  readonly version: string;
}

/** How to find out about a machine's programs; a test passes its own. */
export interface Machine {
  find(program: string): string | undefined;
  ask(file: string, args: readonly string[]): Promise<string>;
  isProgram(file: string): boolean;
  readonly pulumiHome: string;
}

const thisMachine: Machine = {
  find: (program) => findOnPath(program),
  ask: async (file, args) => (await runProgram(file, args, { timeout: 20_000 })).stdout,
  isProgram,
  pulumiHome: process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"),
};

/**
 * The machine's own Pulumi, kubectl and promtool, where their versions fit. The rack's servers are not taken from the machine:
 * when they are stopped again they are recognised by the directory that their file is in, which is the cache.
 */
export function fromMachine(bin: string, machine: Machine = thisMachine): Source {
  return {
    title: "this machine",
    async obtain(names) {
      const ready: ProgramName[] = [];
      const refused = new Map<ProgramName, string>();
      for (const name of names) {
        const answer = await look(name, machine);
        if (answer === undefined) continue;
        if (typeof answer === "string") {
          refused.set(name, answer);
        } else {
          callFromCache(bin, name, answer);
          ready.push(name);
        }
      }
      return { ready, refused };
    },
  };
}

/** The program that fits, or why there is none; undefined for programs that are never taken from the machine. */
export async function look(name: ProgramName, machine: Machine): Promise<Found | string | undefined> {
  switch (name) {
    case "pulumi":
      return onPath(machine, name, ["version"], versions.pulumi, "4.0.0");
    case "pulumi-language-nodejs": {
      // It comes with the CLI, in the same directory, and has no version of its own.
      const cli = await look("pulumi", machine);
      if (cli === undefined || typeof cli === "string") return cli;
      const file = join(dirname(cli.file), name);
      return machine.isProgram(file) ? { file, version: cli.version } : `not beside ${cli.file}`;
    }
    case "pulumi-resource-kubernetes": {
      const version = versions.pulumiKubernetes;
      const file = join(machine.pulumiHome, "plugins", `resource-kubernetes-v${version}`, name);
      return machine.isProgram(file) ? { file, version } : `plugin ${version} is not installed`;
    }
    case "kubectl": // one minor version apart is what Kubernetes supports
      return onPath(machine, name, ["version", "--client"], "1.34.0", "1.37.0");
    case "promtool":
      return onPath(machine, name, ["--version"], "3.0.0", "4.0.0");
    default:
      return undefined;
  }
}

async function onPath(
  machine: Machine,
  name: ProgramName,
  args: readonly string[],
  from: string,
  below: string,
): Promise<Found | string> {
  const file = machine.find(name);
  if (file === undefined) return "not on PATH";
  const version = readVersion(await machine.ask(file, args));
  if (version === undefined) return `${file} does not tell its version`;
  return versionFits(version, from, below) ? { file, version } : `${file} is ${version}, not ${from} or later`;
}

/** A script rather than a link: version managers put programs on PATH that look at the name they are called by. */
function callFromCache(bin: string, name: ProgramName, { file, version }: Found): void {
  const script = join(bin, name);
  mkdirSync(bin, { recursive: true });
  rmSync(script, { force: true });
  writeFileSync(script, `#!/bin/sh\nexec '${file.replaceAll("'", "'\\''")}' "$@"\n`);
  chmodSync(script, 0o755);
  writeStamp(bin, name, { from: "machine", version, file });
}
