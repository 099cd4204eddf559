import { join } from "node:path";
import { pulumi, stackOutputs } from "../pulumi-cli/run";
import { changesNothing, describeChanges, readChanges, readDiagnostics } from "../pulumi-cli/summary";
import { defaultWorkspace, type PulumiWorkspace } from "../pulumi-cli/workspace";
import { breakStaleLock } from "./stale-lock";
import { StartError } from "./failure";

export interface Deployed {
  readonly stack: string;
  /** What `up` did, in words. */
  readonly changes: string;
  readonly unchanged: boolean;
  readonly seconds: number;
}

/** `pulumi up` of one stack; all that pulumi says goes to a log. */
export async function deploy(
  stack: string,
  logs: string,
  workspace: PulumiWorkspace = defaultWorkspace(),
): Promise<Deployed> {
  const logFile = join(logs, `up-${stack}.log`);
  breakStaleLock(workspace, stack);
  const { code, stdout, stderr, seconds } = await pulumi(["up", "--yes", "--skip-preview"], {
    workspace,
    stack,
    logFile,
  });
  if (code !== 0) {
    const reason = [readDiagnostics(stdout), stderr].filter((text) => text !== "").join("\n");
    throw new StartError(`stack ${stack} could not be brought up:\n${reason}\nlog: ${logFile}`);
  }
  const changes = readChanges(stdout);
  return { stack, changes: describeChanges(changes), unchanged: changesNothing(changes), seconds };
}

/** A client's entrance, if its stack says where that is. */
export async function entrance(stack: string, workspace?: PulumiWorkspace): Promise<string | undefined> {
  const outputs = await stackOutputs(stack, workspace);
  for (const output of Object.values(outputs)) {
    const { url, service } = (output ?? {}) as { url?: unknown; service?: unknown };
    if (typeof url === "string" && typeof service === "string") return url;
  }
  return undefined;
}
