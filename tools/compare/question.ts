import { parseArgs } from "node:util";
import { whatIf, whatIfOptions } from "../../cli/what-if";
import type { ClientSizing } from "../../src/plan/choose-pools";

/** Half a rack for one client: what both tools are asked. */
export interface Question {
  readonly client: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The same names in both tools. */
  readonly engine: "trtllm" | "sglang";
}

export const trays = 9;
export const gpus = 36;
export const ttftSeconds = 5;
export const tpotMilliseconds = 30;

const workloads = [
  { client: "client1", inputTokens: 1024, outputTokens: 8192 },
  { client: "client2", inputTokens: 8192, outputTokens: 1024 },
] as const;

export const questions: readonly Question[] = workloads.flatMap((workload) =>
  (["trtllm", "sglang"] as const).map((engine) => ({ ...workload, engine })),
);

/** The question as the planner takes it: NVFP4 weights, FP8 KV, 32 redundant experts, nothing kept free. */
export function sizingOf({ client, inputTokens, outputTokens, engine }: Question): ClientSizing {
  const { values } = parseArgs({
    args: [
      ...["--client", `${client}:${inputTokens}:${outputTokens}`],
      ...["--engine", engine],
      ...["--tpot", tpotMilliseconds.toString()],
      ...["--ttft", ttftSeconds.toString()],
      ...["--headroom", "0"],
      ...["--redundant", "32"],
    ],
    options: whatIfOptions,
  });
  const [sizing] = whatIf(values).clients;
  if (sizing === undefined) throw new RangeError(`no sizing for ${client}`);
  return sizing;
}
