import { parseArgs } from "node:util";
import { expertBalance, expertSkew, heuristicPlacement, recordedLayers } from "../src/plan/experts/balance";
import { movedExperts, trivialPlacement, type ExpertPlacement } from "../src/plan/experts/placement";
import type { ExpertRecording } from "../src/plan/experts/recording";
import { placeExperts } from "../src/plan/experts/place-experts";
import { gb200Nvl72 } from "../src/plan/rack";
import { usualRedundantExperts } from "../src/plan/redundancy";
import { comparedText, placedText, shownText, type PlacedFacts, type RecordingFacts } from "../src/report/expert-text";
import { expertHeatMap, type HeatMapPanel } from "../src/report/html/expert-heat-map";
import { placedJson } from "../src/report/expert-json";
import { readPlacement, readRecording, type ReadRecording } from "./experts-files";
import { placementFileOf } from "./experts-out";
import { UsageError, wholeOption, writeText } from "./terminal";

const command = "experts";
const modelOrder = "the model's order";
/** GPUs of a tray; a rank has one. */
const ranksPerTray = gb200Nvl72.gpusPerTray;

const options = {
  ranks: { type: "string" },
  redundant: { type: "string" },
  current: { type: "string" },
  engine: { type: "string" },
  out: { type: "string" },
  svg: { type: "string" },
  "slots-of": { type: "string" },
  json: { type: "boolean" },
} as const;

type Option = keyof typeof options;
type Values = Readonly<Partial<Record<Option, string | boolean>>>;

/** `nvl72 experts show|place|compare`: what a recording of expert loads says, and where experts should sit. */
export function expertsCommand(args: readonly string[]): string {
  const [action = "", ...rest] = args;
  switch (action) {
    case "show":
      return show(...parsed(rest, action, 1, ["ranks", "redundant", "svg", "slots-of"]));
    case "place":
      return place(...parsed(rest, action, 1, Object.keys(options) as Option[]));
    case "compare":
      return compare(...parsed(rest, action, 3, ["ranks", "redundant", "svg", "slots-of"]));
    default:
      throw new UsageError(`nvl72 experts: there is no '${action}'; it is show, place or compare`);
  }
}

function show([path = ""]: readonly string[], values: Values): string {
  const read = readRecording(path, text(values, "slots-of"));
  const { recording } = read;
  const ranks = ranksOf(values, recording);
  if (ranks === undefined) {
    if (values.svg !== undefined) throw missingRanks();
    return shownText(recordingFacts(read), undefined);
  }
  const recorded = recordedUnder(recording, ranks);
  const slots = slotsOf(values, recording, ranks, recorded);
  const placement = recorded?.physicalToLogical[0]?.length === slots ? recorded : undefined;
  const name = placement === undefined ? modelOrder : "as recorded";
  const balance = expertBalance(recording, placement ?? trivialPlacement(recording, { slots, ranks }));
  const bounds = placeExperts(recording, { slots, ranks }).layers.map(({ bound }) => bound);
  writeHeatMap(values, recording, ranks, [{ heading: name, balance }]);
  return shownText(recordingFacts(read), { ranks, slots, name, balance, bounds });
}

function place([path = ""]: readonly string[], values: Values): string {
  const read = readRecording(path, text(values, "slots-of"));
  const { recording } = read;
  const ranks = ranksOf(values, recording);
  if (ranks === undefined) throw missingRanks();
  checkOutputs(values);
  const file = text(values, "current");
  const current = file === undefined ? recordedUnder(recording, ranks) : readPlacement(file, recording, ranks);
  const slots = slotsOf(values, recording, ranks, current);
  const before = current ?? trivialPlacement(recording, { slots, ranks });
  const planned = placeExperts(recording, { slots, ranks, ...(current === undefined ? {} : { current }) });
  const facts: PlacedFacts = {
    recording: recordingFacts(read),
    slots: { ranks, slots },
    before: {
      name: current === undefined ? modelOrder : (file ?? "as recorded"),
      balance: expertBalance(recording, before),
    },
    heuristic: expertBalance(recording, heuristicPlacement(recording, { slots, ranks })),
    placed: expertBalance(recording, planned.placement),
    bounds: planned.layers.map(({ bound }) => bound),
    moved: planned.moved,
    newToTray: planned.newToTray,
    held: slots * planned.layers.length,
  };
  writeHeatMap(values, recording, ranks, [
    { heading: `before: ${facts.before.name}`, balance: facts.before.balance },
    { heading: "placed", balance: facts.placed },
  ]);
  const out = text(values, "out");
  if (out !== undefined) {
    const content = placementFileOf(engineOf(values), planned.placement, recording);
    if (out === "-") return content;
    writeText(command, out, content);
  }
  return values.json === true ? placedJson(facts) : placedText(facts);
}

function compare([path = "", ...names]: readonly string[], values: Values): string {
  const read = readRecording(path, text(values, "slots-of"));
  const { recording } = read;
  const ranks = ranksOf(values, recording);
  if (ranks === undefined) throw missingRanks();
  const given = names.map((name) => (isMade(name) ? undefined : readPlacement(name, recording, ranks)));
  const slots = slotsOf(
    values,
    recording,
    ranks,
    given.find((placement) => placement !== undefined),
  );
  const placements = names.map((name, i) => given[i] ?? madeBy(name, recording, { slots, ranks }));
  const [a, b] = placements.map((placement, i) => ({
    name: names[i] ?? "",
    placement,
    balance: expertBalance(recording, placement),
  }));
  if (a === undefined || b === undefined) throw new Error("two placements are compared");
  writeHeatMap(values, recording, ranks, [
    { heading: `A: ${a.name}`, balance: a.balance },
    { heading: `B: ${b.name}`, balance: b.balance },
  ]);
  const moved = movedExperts(recordedRows(recording, a.placement), recordedRows(recording, b.placement));
  const held = (b.placement.physicalToLogical[0]?.length ?? 0) * b.balance.layers.length;
  return comparedText({ recording: recordingFacts(read), ranks, a, b, moved, held });
}

/** Layers without load have no experts, whatever their rows say. */
function recordedRows(recording: ExpertRecording, placement: ExpertPlacement): ExpertPlacement {
  const rows = recordedLayers(recording).map((layer) => placement.physicalToLogical[layer] ?? []);
  return { ...placement, physicalToLogical: rows };
}

function parsed(
  args: readonly string[],
  action: string,
  files: number,
  allowed: readonly Option[],
): [readonly string[], Values] {
  const known = Object.fromEntries(allowed.map((name) => [name, options[name]]));
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: known });
  if (positionals.length !== files) {
    const wanted = files === 1 ? "a recording" : "a recording and two placements";
    throw new UsageError(`nvl72 experts ${action}: ${wanted}, not ${positionals.length} files`);
  }
  return [positionals, values];
}

function text(values: Values, option: Option): string | undefined {
  const value = values[option];
  return typeof value === "string" ? value : undefined;
}

/** Ranks that were asked for, or those that were recorded. */
function ranksOf(values: Values, recording: ExpertRecording): number | undefined {
  const given = text(values, "ranks");
  return given === undefined ? recording.placement?.ranks : wholeOption(command, "ranks", given, 1);
}

function recordedUnder({ placement }: ExpertRecording, ranks: number): ExpertPlacement | undefined {
  return placement?.ranks === ranks ? placement : undefined;
}

/** As many slots as asked for, else as the placement has, else as usually balance so many ranks. */
function slotsOf(
  values: Values,
  { experts }: ExpertRecording,
  ranks: number,
  placement: ExpertPlacement | undefined,
): number {
  const given = text(values, "redundant");
  const [row] = placement?.physicalToLogical ?? [];
  if (given === undefined && row !== undefined) return row.length;
  const usual = usualRedundantExperts(experts, ranks);
  const redundant = given === undefined || given === "auto" ? usual : wholeOption(command, "redundant", given);
  const slots = experts + redundant;
  if (slots % ranks === 0) return slots;
  throw new UsageError(
    `nvl72 experts: ${experts} experts and ${redundant} redundant ones do not divide by ${ranks} ranks; --redundant ${(ranks - (experts % ranks)) % ranks} does, or auto (${usual})`,
  );
}

function isMade(name: string): boolean {
  return name === "trivial" || name === "heuristic";
}

function madeBy(
  name: string,
  recording: ExpertRecording,
  request: { readonly slots: number; readonly ranks: number },
): ExpertPlacement {
  return name === "heuristic" ? heuristicPlacement(recording, request) : trivialPlacement(recording, request);
}

function checkOutputs(values: Values): void {
  if (values.json === true && values.out === "-") {
    throw new UsageError("nvl72 experts place: --json and --out - would print two files into one");
  }
  if (values.engine !== undefined && values.out === undefined) {
    throw new UsageError("nvl72 experts place: --engine says what --out FILE is for, and there is none");
  }
  engineOf(values);
}

function engineOf(values: Values): "sglang" | "trtllm" {
  const engine = text(values, "engine") ?? "sglang";
  if (engine === "sglang" || engine === "trtllm") return engine;
  throw new UsageError(`nvl72 experts place: --engine ${engine} is not one of sglang, trtllm, which read placements`);
}

function missingRanks(): UsageError {
  return new UsageError(
    "nvl72 experts: --ranks N is missing: files of placements do not say how many ranks share them",
  );
}

function recordingFacts({ recording, source }: ReadRecording): RecordingFacts {
  const { model, layers, experts, counts } = recording;
  const tokens = recordedLayers(recording).map((layer) => (counts[layer] ?? []).reduce((sum, count) => sum + count, 0));
  return { model, source, layers, experts, tokens, skew: expertSkew(recording) };
}

function writeHeatMap(
  values: Values,
  { model, layers }: ExpertRecording,
  ranks: number,
  panels: readonly HeatMapPanel[],
): void {
  const file = text(values, "svg");
  if (file === undefined) return;
  const title = `Load of the experts of ${model} on ${ranks} GPUs`;
  writeText(command, file, expertHeatMap({ title, layers, ranks, ranksPerTray }, panels));
}
