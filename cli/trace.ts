import { z } from "zod";
import type { TraceRequest } from "../src/plan/simulate/arrivals";
import { UsageError } from "./terminal";

/** A line of a Mooncake trace (kvcache-ai/Mooncake, FAST'25): milliseconds, tokens, and names of blocks of 512 tokens. */
const line = z.object({
  timestamp: z.number().nonnegative(),
  input_length: z.int().positive(),
  output_length: z.int().positive(),
  hash_ids: z.array(z.int()).optional(),
});

/** One JSON object a line, in the order of time. @throws {UsageError} naming the first bad line. */
export function readTrace(text: string): readonly TraceRequest[] {
  const requests = text
    .split("\n")
    .flatMap((entry, i): readonly TraceRequest[] => (entry.trim() === "" ? [] : [readRequest(entry, i + 1)]));
  if (requests.length === 0) throw new UsageError("nvl72 simulate: the trace has no requests");
  return requests.sort((a, b) => a.atSeconds - b.atSeconds);
}

function readRequest(entry: string, lineNumber: number): TraceRequest {
  const json = parseLine(entry);
  const parsed = line.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join(".") ?? "";
    const what = json === undefined ? "not JSON" : `${where === "" ? "" : `${where}: `}${issue?.message ?? ""}`;
    throw new UsageError(`nvl72 simulate: line ${lineNumber} of the trace: ${what}`);
  }
  const { timestamp, input_length, output_length, hash_ids } = parsed.data;
  return {
    atSeconds: timestamp / 1000,
    inputTokens: input_length,
    outputTokens: output_length,
    ...(hash_ids === undefined ? {} : { prefixBlocks: hash_ids }),
  };
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
