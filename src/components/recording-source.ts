import * as fs from "node:fs";
import { parseRecording, type ExpertRecording } from "../plan/experts/recording";
import type { ModelShape } from "../plan/model-shape";
import type { Problem } from "../problems";
import type { ExpertBalancerArgs } from "./expert-args";

type RecordingArgs = Pick<ExpertBalancerArgs, "preset" | "recording" | "recordingFile">;

/** A recording that fits the model, or why there is none. */
export type ReadRecording = { readonly recording: ExpertRecording } | { readonly problems: readonly Problem[] };

/** From the file or the counts that a balancer was given. */
export function readRecording(args: RecordingArgs, shape: ModelShape): ReadRecording {
  const { recordingFile, recording: counts } = args;
  const path = recordingFile === undefined ? "recording" : "recordingFile";
  let raw: unknown = { model: args.preset, layers: counts?.length, experts: counts?.[0]?.length, counts };
  if (recordingFile !== undefined) {
    const read = readJson(recordingFile);
    if ("problems" in read) return read;
    raw = read.value;
  }
  const parsed = parseRecording(raw);
  if ("problems" in parsed) {
    return { problems: parsed.problems.map((problem) => ({ ...problem, path: `${path}: ${problem.path}` })) };
  }
  const { layers, experts } = parsed.recording;
  if (layers === shape.layers && experts === shape.routedExperts) return parsed;
  return {
    problems: [
      {
        path,
        what: `${layers} layers x ${experts} experts`,
        rule: `${args.preset} has ${shape.layers} layers and ${shape.routedExperts} routed experts`,
        fix: "a recording of this model, with a row for every layer",
      },
    ],
  };
}

function readJson(file: string): { readonly value: unknown } | { readonly problems: readonly Problem[] } {
  try {
    return { value: JSON.parse(fs.readFileSync(file, "utf8")) as unknown };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      problems: [
        {
          path: "recordingFile",
          what: `${file} cannot be read: ${reason}`,
          rule: "a recording is read at preview, from a path relative to where the program runs",
          fix: "the path of a JSON recording",
        },
      ],
    };
  }
}
