import type { ExpertIntent } from "../../plan/intent";
import type { Problem } from "../../problems";

/** Why an engine cannot do it, each in words that follow "because". Absent where it can. */
interface Unable {
  readonly record?: string;
  readonly watch?: string;
}

/** Recordings and the watch over drift, where the engine or its version has neither. */
export function checkRecording(experts: ExpertIntent, engine: string, unable: Unable): readonly Problem[] {
  const problems: Problem[] = [];
  if (experts.recordingsClaim !== undefined && unable.record !== undefined) {
    problems.push({
      path: "experts.recordingsClaim",
      what: `recordings of ${engine}`,
      rule: unable.record,
      fix: "leave it out; a recording made with SGLang or TensorRT-LLM holds for the model, whatever serves it",
    });
  }
  if (experts.watched === true && unable.watch !== undefined) {
    problems.push({
      path: "experts.drift",
      what: `a watch over the experts of ${engine}`,
      rule: unable.watch,
      fix: "leave it out, and record again from time to time",
    });
  }
  return problems;
}
