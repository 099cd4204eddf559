import { textTable } from "../../src/report/table";
import { threeDigits } from "../bench/samples";
import { calibrationTable } from "../calibrate/calibration-table";
import type { Answer } from "./aiconfigurator-cli";
import type { Estimate, Pick } from "./aiconfigurator-output";
import type { OurAnswer } from "./our-plan";
import { nearestRun, type PublishedRun } from "./published-runs";
import { sizingOf, type Question } from "./question";
import { describeBatches, describeShape, evaluateShape, withBestBatches, type Shape } from "./shape";

/** Both answers to one question. */
export interface Compared {
  readonly question: Question;
  readonly theirs: Answer<Pick>;
  readonly ours: OurAnswer;
  /** From the start of the process to its end. */
  readonly ourSeconds: number;
}

/** A published run, and what aiconfigurator predicts for it. */
export interface Checked {
  readonly run: PublishedRun;
  readonly estimate: Answer<Estimate>;
}

/** A line of the table of answers: a shape, and what its own tool says of it. */
interface Line {
  readonly who: string;
  readonly shape: Shape;
  readonly says?: Estimate;
}

/** Every shape with what our model says of it, and the published run nearest to it. */
export function answerTable(compared: readonly Compared[]): string[] {
  const left = ["client", "engine", "whose", "shape"];
  const right = ["batch", "it says ms", "tok", "our model: ms", "P", "D", "both", "tok"];
  return textTable(
    columns(left, right, ["nearest published run"]),
    compared.flatMap((one) => linesOf(one).map((line) => cellsOf(one.question, line))),
  );
}

function linesOf({ question, theirs, ours }: Compared): readonly Line[] {
  const pick = theirs.value;
  const picked: readonly Line[] =
    pick === undefined
      ? []
      : [
          { who: `aiconfigurator ${pick.parallel}`, shape: pick.shape, says: pick },
          { who: "its shape, our batch", shape: withBestBatches(pick.shape, sizingOf(question)) },
        ];
  return [...picked, { who: "ours", shape: ours.uniform }, { who: "ours, mixed decode", shape: ours.mixed }];
}

function cellsOf(question: Question, { who, shape, says }: Line): readonly string[] {
  const run = nearestRun(question, shape);
  return [
    question.client,
    question.engine,
    who,
    describeShape(shape),
    describeBatches(shape),
    ...(says === undefined ? ["", ""] : [says.tpotMilliseconds, says.outputTokensPerSecondPerGpu].map(threeDigits)),
    ...modelCells(question, shape),
    run === undefined ? "" : describeRun(run),
  ];
}

function modelCells(question: Question, shape: Shape): readonly string[] {
  const evaluation = evaluateShape(shape, sizingOf(question));
  if ("unpredicted" in evaluation) return [evaluation.unpredicted, "", "", "", ""];
  return [
    evaluation.tpotMilliseconds,
    evaluation.prefillRequestsPerSecond,
    evaluation.decodeRequestsPerSecond,
    evaluation.requestsPerSecond,
    evaluation.outputTokensPerSecondPerGpu,
  ].map(threeDigits);
}

function describeRun({ engine, shape, ...measured }: PublishedRun): string {
  const { tpotMilliseconds, outputTokensPerSecondPerGpu: tokens } = measured;
  return `${engine} ${describeShape(shape)} at ${describeBatches(shape)}: ${tpotMilliseconds} ms, ${threeDigits(tokens)} tok`;
}

/** Our model was fitted on these latencies; "left out" is what it says of each when fitted without it. */
export function checkTable(checked: readonly Checked[]): string[] {
  const calibration = calibrationTable();
  const right = ["batch", "measured ms", "aiconfigurator", "error", "ours, left out", "error"];
  return textTable(
    columns(["client", "engine", "shape"], [...right, "measured tok", "aiconfigurator"]),
    checked.map(({ run, estimate: { value } }) => {
      const measured = run.tpotMilliseconds;
      // The points hold one more digit than the runs.
      const ours = calibration.find(({ published, unit }) => unit === "ms" && Math.abs(published - measured) < 0.05);
      return [
        run.client,
        run.engine,
        describeShape(run.shape),
        describeBatches(run.shape),
        measured.toString(),
        ...(value === undefined ? ["no answer", ""] : beside(value.tpotMilliseconds, measured)),
        ...(ours === undefined ? ["", ""] : beside(ours.leftOut, measured)),
        threeDigits(run.outputTokensPerSecondPerGpu),
        value === undefined ? "no answer" : threeDigits(value.outputTokensPerSecondPerGpu),
      ];
    }),
  );
}

function beside(predicted: number, measured: number): readonly string[] {
  return [threeDigits(predicted), `${(100 * (predicted / measured - 1)).toFixed(0)} %`];
}

/** Seconds of whole programs, and how much of ours is planning. */
export function timeTable(compared: readonly Compared[]): string[] {
  return textTable(
    columns(["client", "engine"], ["aiconfigurator", "ours, both plans (with tsx)", "of that one plan and its bound"]),
    compared.map(({ question, theirs, ours, ourSeconds }) => [
      question.client,
      question.engine,
      ...[theirs.seconds, ourSeconds, ours.milliseconds / 1000].map(threeDigits),
    ]),
  );
}

function columns(left: readonly string[], right: readonly string[], last: readonly string[] = []) {
  const aligned = (align: "left" | "right") => (title: string) => ({ title, align });
  return [...left.map(aligned("left")), ...right.map(aligned("right")), ...last.map(aligned("left"))];
}
