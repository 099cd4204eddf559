/** The stacks of this project, in the order in which they depend on each other. */
export const projectStacks = ["rack", "client1", "client2"] as const;

export interface Command {
  /** What to pass to pulumi, without the stack. */
  readonly args: readonly string[];
  /** Stacks to run it for, one after the other; none for commands that are not about a stack. */
  readonly stacks: readonly string[];
  /** Stack that `stack init` is to make. */
  readonly makes?: string;
}

/**
 * Reads a pulumi command line. A stack may be given as `-s NAME`, `-sNAME`, `--stack NAME` or `--stack=NAME`, and to
 * `preview` also as its first argument; `preview` without one is for all stacks of the project.
 */
export function readCommand(given: readonly string[]): Command {
  const args: string[] = [];
  let stack: string | undefined;
  for (let i = 0; i < given.length; i++) {
    const argument = given[i] ?? "";
    const joined = /^(?:--stack=|-s(?=.))=?(.+)$/.exec(argument)?.[1];
    if (joined !== undefined) stack = joined;
    else if (argument === "-s" || argument === "--stack") stack = given[++i];
    else args.push(argument);
  }
  if (args[0] === "preview") {
    if (stack === undefined && args[1] !== undefined && !args[1].startsWith("-")) [stack] = args.splice(1, 1);
    return { args, stacks: stack === undefined ? projectStacks : [stack] };
  }
  if (args[0] === "stack" && (args[1] === "init" || args[1] === "new")) {
    const makes = stack ?? args[2];
    if (makes !== undefined) return { args, stacks: [], makes };
  }
  return { args, stacks: stack === undefined ? [] : [stack] };
}
