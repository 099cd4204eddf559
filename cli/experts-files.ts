import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseExpertLocation } from "../src/engines/sglang/expert-location";
import { isTorchFile, parseRecorderDump, torchFileProblem } from "../src/engines/sglang/recorder-dump";
import { expertsOfSlots, isStatisticsFile, readExpertStatistics } from "../src/engines/trtllm/expert-statistics";
import { parseLoadBalancer } from "../src/engines/trtllm/load-balancer-file";
import { recordedLayers } from "../src/plan/experts/balance";
import type { ExpertPlacement } from "../src/plan/experts/placement";
import { parseRecording, type ExpertRecording, type ParsedRecording } from "../src/plan/experts/recording";
import type { Problem } from "../src/problems";
import { messageOf, UsageError } from "./terminal";

/** A recording, and what it was read from in words. */
export interface ReadRecording {
  readonly recording: ExpertRecording;
  readonly source: string;
}

/** A file that is there and is not what it should be: every reason why. */
export class BadFileError extends Error {
  constructor(file: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.flatMap(({ path, what, rule, fix }) => [
      `  ${path === "" ? what : `${path}: ${what}`}`,
      `      rule: ${rule}`,
      `      fix:  ${fix}`,
    ]);
    super([`nvl72 experts: ${file} cannot be used (${count})`, ...lines].join("\n"));
  }
}

const noJson: Problem = {
  path: "",
  what: "no JSON",
  rule: "a recording is JSON, this library's or a dump of SGLang's recorder; TensorRT-LLM's statistics are a folder",
  fix: "one of these",
};

/** Engines' files name no model. */
const unnamed = "unnamed model";

/**
 * A recording of ours, a dump of SGLang's recorder as JSON, or a folder of TensorRT-LLM's statistics.
 *
 * @throws {UsageError} when nothing can be read there.
 * @throws {BadFileError} when it is none of them.
 */
export function readRecording(path: string, slotsOf: string | undefined): ReadRecording {
  if (isFolder(path)) return readStatistics(path, slotsOf);
  if (slotsOf !== undefined) {
    throw new UsageError(
      "nvl72 experts: --slots-of is for a folder of TensorRT-LLM's statistics; others count experts",
    );
  }
  const { value } = readJsonOrYaml(path);
  if (value === undefined) throw new BadFileError(path, [noJson]);
  const isDump = isObject(value) && ("logical_count" in value || "records" in value);
  const parsed = isDump ? parseRecorderDump(value, unnamed) : parseRecording(value);
  return {
    recording: accepted(path, parsed),
    source: isDump ? "counted by SGLang's recorder" : "a recording",
  };
}

/**
 * A placement in the file of either engine, for a worker of so many ranks.
 *
 * @throws as `readRecording`.
 */
export function readPlacement(path: string, recording: ExpertRecording, ranks: number): ExpertPlacement {
  const { text, value } = readJsonOrYaml(path);
  const { layers, experts } = recording;
  const parsed =
    isObject(value) && "physical_to_logical_map" in value
      ? parseExpertLocation(value, { layers, experts, ranks })
      : parseLoadBalancer(text, { layers, denseLayers: denseLayers(recording), experts, ranks });
  if ("problems" in parsed) throw new BadFileError(path, parsed.problems);
  return parsed.placement;
}

/** Layers before the first that has load: dense, or as good as. */
export function denseLayers(recording: ExpertRecording): number {
  return recordedLayers(recording)[0] ?? 0;
}

function readStatistics(folder: string, slotsOf: string | undefined): ReadRecording {
  const files = readdirSync(folder).filter(isStatisticsFile).sort(byRank);
  const metaInfo = metaInfoOf(join(folder, "meta_info.json"));
  const ranks = files.map((file) => ({ file, bytes: readBytes(join(folder, file)) }));
  const counted = accepted(folder, readExpertStatistics({ metaInfo, ranks }, unnamed));
  const source = `counted by ${files.length === 1 ? "1 rank" : `${files.length} ranks`} of TensorRT-LLM`;
  if (slotsOf === undefined) return { recording: counted, source };
  const model = { layers: counted.layers, denseLayers: denseLayers(counted), ranks: files.length };
  const balancer = parseLoadBalancer(readBytes(slotsOf).toString("utf8"), model);
  if ("problems" in balancer) throw new BadFileError(slotsOf, balancer.problems);
  const slots = balancer.placement.physicalToLogical[0]?.length ?? 0;
  if (slots !== counted.experts) {
    throw new UsageError(`nvl72 experts: ${folder} counts ${counted.experts} slots, ${slotsOf} has ${slots}`);
  }
  return { recording: expertsOfSlots(counted, balancer.placement), source: `${source}, by slot` };
}

function metaInfoOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // The reader says that the number of experts is missing, with what else is.
    return undefined;
  }
}

/** `rank10` comes after `rank9`. */
function byRank(one: string, other: string): number {
  return Number(/\d+/.exec(one)?.[0]) - Number(/\d+/.exec(other)?.[0]);
}

/** The text of a file, and its value where it is JSON. */
function readJsonOrYaml(path: string): { readonly text: string; readonly value: unknown } {
  const bytes = readBytes(path);
  if (isTorchFile(bytes)) throw new BadFileError(path, [torchFileProblem]);
  const text = bytes.toString("utf8");
  try {
    return { text, value: JSON.parse(text) };
  } catch {
    return { text, value: undefined };
  }
}

function accepted(path: string, parsed: ParsedRecording): ExpertRecording {
  if ("problems" in parsed) throw new BadFileError(path, parsed.problems);
  return parsed.recording;
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`nvl72 experts: cannot read ${path}: ${messageOf(error)}`);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
