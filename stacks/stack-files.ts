import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { gb200Nvl72 } from "../src/plan/rack";
import type { Problem } from "../src/problems";
import type { Allocation, ClientAllocation } from "../src/refs";
import { allocate } from "./allocation";
import { ownShare } from "./client-args";
import { parseStackConfig, type ClientConfig, type RackConfig, type RawConfig } from "./config";

/** A client stack of a folder, and the trays it has by itself or by the rack stack beside it. */
export interface ClientStack {
  readonly file: string;
  readonly config: ClientConfig;
  readonly share: ClientAllocation;
}

export interface StackFiles {
  readonly clients: readonly ClientStack[];
  readonly racks: readonly { readonly stack: string; readonly config: RackConfig }[];
  /** Trays that the clients could have between them: the rack's without its reserve, or their own. */
  readonly trays: number;
}

/** Reads every `Pulumi.<stack>.yaml` of a folder. @throws {RefusedError} with the problems of the first bad file. */
export function readStackFiles(directory: string): StackFiles {
  const { clients, racks } = readConfigs(directory);
  const configs = clients.map(({ config }) => config);
  const granted = new Map(racks.map(({ stack, config }) => [stack, allocate(config, configs)]));
  const shareOf = (config: ClientConfig): ClientAllocation => grantedBy(config, granted.get(config.rack ?? ""));
  const trays = traysOf(racks, configs);
  return { clients: clients.map((client) => ({ ...client, share: shareOf(client.config) })), racks, trays };
}

function traysOf(racks: StackFiles["racks"], clients: readonly ClientConfig[]): number {
  const rack = racks.at(0);
  if (rack !== undefined) return gb200Nvl72.trays - rack.config.reserveTrays;
  const own = clients.reduce((sum, { trays = gb200Nvl72.trays }) => sum + trays, 0);
  return Math.min(own, gb200Nvl72.trays);
}

/** The clients whose stacks lie in a folder, whoever grants them trays. */
export function readClients(directory: string): readonly ClientConfig[] {
  return readConfigs(directory).clients.map(({ config }) => config);
}

interface Configs {
  readonly clients: readonly { readonly file: string; readonly config: ClientConfig }[];
  readonly racks: StackFiles["racks"];
}

function readConfigs(directory: string): Configs {
  const clients: { file: string; config: ClientConfig }[] = [];
  const racks: { stack: string; config: RackConfig }[] = [];
  for (const file of fs.readdirSync(directory).sort()) {
    const stack = /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1];
    if (stack === undefined) continue;
    const config = parseStackConfig(readConfig(path.join(directory, file)), { stack, file });
    if (config.program === "rack") racks.push({ stack, config });
    else clients.push({ file, config });
  }
  return { clients, racks };
}

/** Problems of several files stand in one list, so each says which file it is in. */
export function inFile(file: string, problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, path: `${file} ${problem.path}` }));
}

/** Settings of the project in one stack file, without the namespace. */
function readConfig(file: string): RawConfig {
  const content = parse(fs.readFileSync(file, "utf8")) as {
    readonly config?: Readonly<Record<string, unknown>>;
  } | null;
  const entries = Object.entries(content?.config ?? {})
    .filter(([key]) => key.startsWith("nvl72:"))
    .map(([key, value]) => [key.slice("nvl72:".length), value] as const);
  return Object.fromEntries(entries);
}

/** A rack stack that is not in the folder cannot be asked; the client is then planned on a whole rack. */
function grantedBy({ client, trays }: ClientConfig, allocation: Allocation | undefined): ClientAllocation {
  if (allocation === undefined) return ownShare(client, trays ?? gb200Nvl72.trays);
  const share = allocation.clients.find((candidate) => candidate.client === client);
  return share ?? ownShare(client, 0);
}
