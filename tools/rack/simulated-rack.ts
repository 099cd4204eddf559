import { existsSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { home } from "../engine/home";
import { runProgram, type RunResult } from "../engine/run-program";

export interface RackOptions {
  /** Directory the rack lives in; all that it writes is below it. Default: the one in the cache. */
  readonly state?: string;
  /** Directory with the programs. Default: the one in the cache. */
  readonly bin?: string;
  /** Compute trays of four GPUs each; default 18. */
  readonly trays?: number;
  /** Hosts without GPUs; default 2. */
  readonly hosts?: number;
  /** Without it the KubeRay operator is left out. Default true. */
  readonly ray?: boolean;
  /** Adds the Kueue controller with its webhooks. */
  readonly kueue?: boolean;
  /** Control plane and nodes only: no CRDs, no controllers. */
  readonly bare?: boolean;
  /** Called with a line at each step. */
  readonly report?: (line: string) => void;
}

/** A rack that runs. */
export interface Rack {
  readonly state: string;
  readonly bin: string;
  readonly kubeconfig: string;
  readonly trays: number;
  readonly shape: RackShape;
  /** False when it was running already. */
  readonly started: boolean;
}

/** What makes one rack different from another; written beside it. */
export interface RackShape {
  readonly trays: number;
  readonly hosts: number;
  readonly ray: boolean;
  readonly kueue: boolean;
  readonly bare: boolean;
}

export class RackError extends Error {}

const scripts = __dirname;

/** Starts a rack, or does nothing when the same rack runs already. What a dead one left behind is cleared first. */
export async function rackUp(options: RackOptions = {}): Promise<Rack> {
  if (process.platform !== "linux") throw new RackError("the simulated rack runs on Linux only");
  const running = await findRack(options);
  if (running !== undefined) {
    const { shape } = running;
    const same = Object.entries(wantedShape(options)).every(([key, value]) => shape[key as keyof RackShape] === value);
    if (same) return running;
    throw new RackError(`a rack is running already (${describeShape(shape)}); stop it first`);
  }
  const { state, bin } = directories(options);
  await rackDown(options);
  const shape = { trays: 18, hosts: 2, ray: true, kueue: false, bare: false, ...wantedShape(options) };
  const { code, stderr } = await runProgram("bash", [join(scripts, "up.sh"), state, bin, ...upArguments(shape)], {
    onErrorLine: (line) => options.report?.(line.trim()),
  });
  if (code !== 0) throw new RackError(`the rack did not start:\n${stderr}\nlogs: ${join(state, "logs")}`);
  writeFileSync(join(state, "rack.json"), `${JSON.stringify(shape)}\n`);
  return { state, bin, kubeconfig: join(state, "kubeconfig"), trays: shape.trays, shape, started: true };
}

/** Stops a rack and removes its state, in under a second. Without a rack it does nothing. */
export async function rackDown(options: Pick<RackOptions, "state" | "bin"> = {}): Promise<void> {
  const { state, bin } = directories(options);
  if (!existsSync(state)) return;
  const { code, stderr } = await runProgram("bash", [join(scripts, "down.sh"), state, bin]);
  if (code !== 0) throw new RackError(`the rack did not stop:\n${stderr}`);
}

/** The rack that runs there, if it does: every program of it, and its API server answers. */
export async function findRack(options: Pick<RackOptions, "state" | "bin"> = {}): Promise<Rack | undefined> {
  const { state, bin } = directories(options);
  const kubeconfig = join(state, "kubeconfig");
  if (!existsSync(kubeconfig) || !existsSync(join(state, "rack.json"))) return undefined;
  if (rackProcesses(state).some(({ pid }) => !runsFrom(pid, bin))) return undefined;
  const shape = JSON.parse(readFileSync(join(state, "rack.json"), "utf8")) as RackShape;
  const rack = { state, bin, kubeconfig, trays: shape.trays, shape, started: false };
  const { code } = await kubectl(rack, ["get", "--raw", "/readyz"], { timeout: 10_000 });
  return code === 0 ? rack : undefined;
}

/** Brings back Nodes that were deleted, with their ResourceSlices. */
export async function rackMend(rack: Rack): Promise<void> {
  const { code, stderr } = await runProgram("bash", [join(scripts, "mend.sh"), rack.state, rack.bin]);
  if (code !== 0) throw new RackError(stderr);
}

/**
 * Where the names of pods and services resolve for the processes of Jobs that start from now on: at an HTTP proxy, or
 * without one nowhere.
 */
export function setJobProxy({ state }: Pick<Rack, "state">, url?: string): void {
  const file = join(state, "job-proxy");
  if (url === undefined) rmSync(file, { force: true });
  else writeFileSync(file, `${url}\n`);
}

export interface KubectlOptions {
  /** Manifest or other text for `-f -`. */
  readonly input?: string;
  readonly timeout?: number;
}

/** Runs kubectl against a rack. A failure is a result, not an exception. */
export function kubectl(
  rack: Pick<Rack, "state" | "bin" | "kubeconfig">,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<RunResult> {
  const environment = { ...process.env, KUBECONFIG: rack.kubeconfig, KUBECACHEDIR: join(rack.state, "cache") };
  return runProgram(join(rack.bin, "kubectl"), args, { environment, ...options });
}

/** What `kubectl get ... -o json` returns; throws when it fails. */
export async function kubectlGet<T>(
  rack: Pick<Rack, "state" | "bin" | "kubeconfig">,
  args: readonly string[],
): Promise<T> {
  const { code, stdout, stderr } = await kubectl(rack, ["get", ...args, "-o", "json"]);
  if (code !== 0) throw new RackError(`kubectl get ${args.join(" ")}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

export interface RackProcess {
  readonly name: string;
  readonly pid: number;
}

/** The processes that a rack recorded, running or not. */
export function rackProcesses(state: string): RackProcess[] {
  return [join(state, "pids"), join(state, "kwok", "clusters", "rack", "pids")].flatMap((directory) =>
    existsSync(directory)
      ? readdirSync(directory)
          .filter((file) => file.endsWith(".pid"))
          .map((file) => ({
            name: file.replace(/\.pid$/, ""),
            pid: Number(readFileSync(join(directory, file), "utf8")),
          }))
      : [],
  );
}

export function describeShape(shape: RackShape): string {
  const parts = [`${shape.trays} trays`, `${shape.hosts} hosts`];
  if (shape.bare) parts.push("bare");
  else if (!shape.ray) parts.push("without Ray");
  if (shape.kueue) parts.push("with Kueue");
  return parts.join(", ");
}

/** A process id alone proves nothing after a reboot: the program must be one of ours. */
function runsFrom(pid: number, bin: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`).startsWith(`${realpathSync(bin)}/`);
  } catch {
    return false;
  }
}

function directories({ state, bin }: Pick<RackOptions, "state" | "bin">): { state: string; bin: string } {
  const { rack, bin: cached } = home();
  return { state: resolve(state ?? rack), bin: resolve(bin ?? cached) };
}

/** Only what the caller asked for: a plain `up` is content with whatever runs. */
function wantedShape({ trays, hosts, ray, kueue, bare }: RackOptions): Partial<RackShape> {
  return Object.fromEntries(
    Object.entries({ trays, hosts, ray, kueue, bare }).filter(([, value]) => value !== undefined),
  );
}

function upArguments(shape: RackShape): string[] {
  const args = ["--trays", String(shape.trays), "--hosts", String(shape.hosts)];
  if (!shape.ray) args.push("--no-ray");
  if (shape.kueue) args.push("--kueue");
  if (shape.bare) args.push("--bare");
  return args;
}
