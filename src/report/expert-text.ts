import type { ExpertBalance, LayerLoad } from "../plan/experts/balance";
import { brief, grouped, plural } from "./numbers";
import { textTable } from "./table";

/** What was recorded, and what the recording was read from. */
export interface RecordingFacts {
  readonly model: string;
  readonly source: string;
  readonly layers: number;
  readonly experts: number;
  /** Tokens that all experts of a recorded layer received, layer by layer. */
  readonly tokens: readonly number[];
  /** Hottest expert / mean, of every recorded layer. */
  readonly skew: readonly { readonly layer: number; readonly skew: number }[];
}

/** Expert slots of a worker. */
export interface SlotFacts {
  readonly ranks: number;
  readonly slots: number;
}

/** A placement of the recording, with a name to be read in a table. */
export interface NamedBalance {
  readonly name: string;
  readonly balance: ExpertBalance;
}

/** Bound of the balancedness, by layer; in the order of the recorded layers. */
export type LayerBounds = readonly number[];

export interface PlacedFacts {
  readonly recording: RecordingFacts;
  readonly slots: SlotFacts;
  readonly before: NamedBalance;
  readonly heuristic: ExpertBalance;
  readonly placed: ExpertBalance;
  readonly bounds: LayerBounds;
  /** Expert weights that ranks have to fetch; those that no rank of their tray had; how many all hold in recorded layers. */
  readonly moved: number;
  readonly newToTray: number;
  readonly held: number;
}

export interface ComparedFacts {
  readonly recording: RecordingFacts;
  readonly ranks: number;
  readonly a: NamedBalance;
  readonly b: NamedBalance;
  readonly moved: number;
  readonly held: number;
}

/** Layers that a table of the worst ones has. */
const worstLayers = 5;

/** The recording alone, and under the placement that it was made with where its ranks are known. */
export function shownText(
  recording: RecordingFacts,
  under: (SlotFacts & NamedBalance & { readonly bounds: LayerBounds }) | undefined,
): string {
  const lines = recordingLines(recording);
  if (under === undefined) return `${lines.join("\n")}\n`;
  const { balance, bounds } = under;
  const rows = [balancednessRow(under.name, balance), boundRow(balance, bounds), fullestRow(balance)];
  return `${[...lines, slotLine(under, recording), "", ...balanceTable(rows)].join("\n")}\n`;
}

export function placedText(facts: PlacedFacts): string {
  const { recording, slots, before, heuristic, placed, bounds } = facts;
  const rows = [
    balancednessRow(`before, ${before.name}`, before.balance),
    balancednessRow("DeepSeek's heuristic", heuristic),
    balancednessRow("placed", placed),
    boundRow(placed, bounds),
    gapRow(placed, bounds),
  ];
  return `${[
    ...recordingLines(recording),
    slotLine(slots, recording),
    "",
    ...balanceTable(rows),
    "",
    `${movesLine(facts.moved, facts.held)}, ${grouped(facts.newToTray)} from another tray`,
    `expert time ${timeRatio(before.balance, placed)} x of before (fullest GPU / mean: ${share(before.balance.expertTime)} before, ${share(placed.expertTime)} after)`,
    "",
    ...textTable(
      [
        { title: "worst layers", align: "left" },
        ...["hottest / mean", "before", "heuristic", "placed", "bound"].map((title) => ({
          title,
          align: "right" as const,
        })),
      ],
      worstOf(placed).map(({ layer, balancedness }) => {
        const i = placed.layers.findIndex((other) => other.layer === layer);
        const others = [before.balance, heuristic].map(({ layers }) => share(layers[i]?.balancedness ?? 1));
        const skew = brief(recording.skew[i]?.skew ?? 1);
        return [`layer ${layer}`, skew, ...others, share(balancedness), share(bounds[i] ?? 1)];
      }),
    ),
  ].join("\n")}\n`;
}

export function comparedText({ recording, ranks, a, b, moved, held }: ComparedFacts): string {
  const worst = (balance: ExpertBalance): string => `${share(balance.worst.balancedness)} layer ${balance.worst.layer}`;
  const named = [a, b];
  const columns = ["", ...named.map(({ name }) => name)].map((title, i) => ({
    title,
    align: i === 0 ? ("left" as const) : ("right" as const),
  }));
  return `${[
    ...recordingLines(recording),
    `on ${plural(ranks, "rank")}`,
    "",
    ...textTable(columns, [
      ["balancedness, mean", ...named.map(({ balance }) => share(balance.mean))],
      ["balancedness, worst", ...named.map(({ balance }) => worst(balance))],
      ["fullest GPU / mean", ...named.map(({ balance }) => share(balance.expertTime))],
    ]),
    "",
    `from ${a.name} to ${b.name}: ${movesLine(moved, held)}`,
    `expert time ${timeRatio(a.balance, b.balance)} x that of ${a.name}`,
    "",
    ...textTable(
      columns.map((column, i) => (i === 0 ? { ...column, title: `worst layers of ${b.name}` } : column)),
      worstOf(b.balance).map(({ layer, balancedness }) => {
        const before = a.balance.layers.find((other) => other.layer === layer)?.balancedness ?? 1;
        return [`layer ${layer}`, share(before), share(balancedness)];
      }),
    ),
  ].join("\n")}\n`;
}

function recordingLines({ model, source, layers, experts, tokens, skew }: RecordingFacts): readonly string[] {
  const hottest = skew.reduce((most, layer) => (layer.skew > most.skew ? layer : most), { layer: 0, skew: 0 });
  const [least, most] = [Math.min(...tokens), Math.max(...tokens)];
  const range = least === most ? "" : ` (${grouped(least)} to ${grouped(most)})`;
  return [
    `${model}, ${source}: ${plural(layers, "layer")}, ${grouped(tokens.length)} of them recorded, ${plural(experts, "expert")}`,
    `tokens to the experts of a layer: ${grouped(meanOf(tokens))}${range}`,
    `hottest expert / mean: ${brief(meanOf(skew.map((layer) => layer.skew)))}, at most ${brief(hottest.skew)} in layer ${hottest.layer}`,
  ];
}

function slotLine({ ranks, slots }: SlotFacts, { experts }: RecordingFacts): string {
  return `on ${plural(ranks, "rank")} with ${plural(slots / ranks, "slot")} each: ${grouped(slots)} slots, ${grouped(slots - experts)} of them redundant`;
}

type BalanceRow = readonly [name: string, mean: string, worst: string];

function balanceTable(rows: readonly BalanceRow[]): readonly string[] {
  return textTable(
    [
      { title: "balancedness", align: "left" },
      { title: "mean", align: "right" },
      { title: "worst layer", align: "left" },
    ],
    rows,
  );
}

function balancednessRow(name: string, { mean, worst }: ExpertBalance): BalanceRow {
  return [name, share(mean), `${share(worst.balancedness)} layer ${worst.layer}`];
}

function boundRow({ layers }: ExpertBalance, bounds: LayerBounds): BalanceRow {
  const least = indexOfLeast(bounds);
  return ["bound", share(meanOf(bounds)), `${share(bounds[least] ?? 1)} layer ${layers[least]?.layer ?? 0}`];
}

/** Of every layer to its own bound: layers whose bound is low are not worse placed for it. */
function gapRow({ layers }: ExpertBalance, bounds: LayerBounds): BalanceRow {
  const reached = layers.map(({ balancedness }, i) => Math.min(balancedness / (bounds[i] ?? 1), 1));
  const least = indexOfLeast(reached);
  const worst = `${percent(1 - (reached[least] ?? 1))} layer ${layers[least]?.layer ?? 0}`;
  return ["gap to the bound", percent(1 - meanOf(reached)), worst];
}

function fullestRow({ expertTime, worst }: ExpertBalance): BalanceRow {
  return ["fullest GPU / mean", share(expertTime), `${share(worst.fullest)} layer ${worst.layer}`];
}

function movesLine(moved: number, held: number): string {
  return `moves ${grouped(moved)} of ${grouped(held)} expert weights (${percent(moved / held)})`;
}

/** Every layer's experts are done when its fullest GPU is. */
function timeRatio(before: ExpertBalance, after: ExpertBalance): string {
  return brief(after.expertTime / before.expertTime);
}

function worstOf({ layers }: ExpertBalance): readonly LayerLoad[] {
  return [...layers].sort((a, b) => a.balancedness - b.balancedness || a.layer - b.layer).slice(0, worstLayers);
}

function indexOfLeast(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Four digits tell a placement from a good one; all of 1 would be noise. */
function share(value: number): string {
  return value.toFixed(4);
}

function percent(value: number): string {
  return `${(value * 100).toFixed(2)} %`;
}
