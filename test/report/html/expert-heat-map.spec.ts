import assert from "node:assert/strict";
import { expertBalance, heuristicPlacement } from "../../../src/plan/experts/balance";
import { trivialPlacement } from "../../../src/plan/experts/placement";
import type { ExpertRecording } from "../../../src/plan/experts/recording";
import { expertHeatMap, type HeatMapPanel } from "../../../src/report/html/expert-heat-map";
import { luminance, partColours, shadeOf } from "../../../src/report/html/palette";
import { deepSeekHistogram, expertHistogram } from "../../support/expert-histogram";
import { readTags, type Tag } from "./markup-reader";

const recording: ExpertRecording = {
  model: "DeepSeek-R1",
  layers: deepSeekHistogram.layers,
  experts: deepSeekHistogram.experts,
  counts: expertHistogram(deepSeekHistogram),
};
const rack = { title: "Load of experts", layers: 61, ranks: 72, ranksPerTray: 4 };

function panels(ranks: number, slots: number): readonly HeatMapPanel[] {
  return [
    {
      heading: "before: the model's order",
      balance: expertBalance(recording, trivialPlacement(recording, { slots, ranks })),
    },
    { heading: "placed", balance: expertBalance(recording, heuristicPlacement(recording, { slots, ranks })) },
  ];
}

/** Cells of a panel by colour: paths of `M<rank>,<layer>h<ranks>v1h-<ranks>z`, in units of ranks and layers. */
function cells(
  tags: readonly Tag[],
): readonly { readonly fill: string; readonly rank: number; readonly layer: number }[] {
  return tags
    .filter(({ name, attributes }) => name === "path" && attributes.fill?.startsWith("#") === true)
    .flatMap(({ attributes }) =>
      [...(attributes.d ?? "").matchAll(/M(\d+),(\d+)h(\d+)v1h-(\d+)z/g)].flatMap(([, rank, layer, width]) =>
        Array.from({ length: Number(width) }, (_, i) => ({
          fill: attributes.fill ?? "",
          rank: Number(rank) + i,
          layer: Number(layer),
        })),
      ),
    );
}

describe("the heat map of experts", () => {
  const both = panels(72, 288);
  const svg = expertHeatMap(rack, both);

  it("shows 72 GPUs and 61 layers twice in far less than a megabyte, the same bytes each time", () => {
    assert.ok(svg.length < 100_000, `${svg.length} bytes`);
    assert.equal(expertHeatMap(rack, panels(72, 288)), svg);
  });

  it("is XML with a title and a description, which says how full the fullest GPUs are", () => {
    const tags = readTags(svg);
    assert.equal(tags[0]?.attributes.role, "img");
    assert.equal(tags[0].attributes["aria-labelledby"], "experts-title experts-desc");
    assert.deepEqual(
      tags.slice(1, 3).map(({ name, attributes, text }) => [name, attributes.id, text]),
      [
        ["title", "experts-title", "Load of experts"],
        [
          "desc",
          "experts-desc",
          "Load of 72 GPUs in 61 layers, the mean of each layer being 1. before: the model&#39;s order: the fullest GPU of a layer has 2.68 times the mean load on average over layers, 4.79 at worst (layer 27, rank 18). placed: the fullest GPU of a layer has 1.03 times the mean load on average over layers, 1.04 at worst (layer 6, rank 44).",
        ],
      ],
    );
  });

  it("has a cell for every GPU in every recorded layer of both placements", () => {
    const drawn = cells(readTags(svg));
    assert.equal(drawn.length, 2 * 72 * 58);
    const places = new Set(drawn.map(({ rank, layer }) => `${rank},${layer}`));
    assert.equal(places.size, 72 * 58);
    assert.deepEqual([...new Set(drawn.map(({ layer }) => layer))].sort((a, b) => a - b), Array.from({ length: 58 }, (_, i) => i + 3)); // prettier-ignore
  });

  it("is lighter where the load is higher, with the mean in the middle and one shade for all above the scale", () => {
    const worst = { layer: 0, ranks: [0, 0.5, 1, 1.02, 2.5, 4, 6], fullest: 6, balancedness: 1 / 6 };
    const balance = { layers: [worst], mean: 1 / 6, expertTime: 6, worst };
    const subject = { title: "t", layers: 1, ranks: 7, ranksPerTray: 4 };
    const drawn = cells(readTags(expertHeatMap(subject, [{ heading: "h", balance }])));
    const fills = [...drawn].sort((a, b) => a.rank - b.rank).map(({ fill }) => fill);
    const [none, half, mean, nearly, more, four, six] = fills;
    assert.deepEqual([none, half, mean, more, four], [...partColours]);
    assert.equal(nearly, mean);
    assert.equal(six, four);
  });

  it("ends its scale at the highest load, and says where it does not", () => {
    const scale = (ranks: number, slots: number): readonly string[] =>
      readTags(expertHeatMap({ ...rack, ranks }, panels(ranks, slots)))
        .filter(({ name, attributes }) => name === "text" && attributes.y === "26")
        .map(({ text }) => text);
    assert.deepEqual(scale(72, 288), ["0", "0.5", "1", "2.5", "\u2265 4"]);
    assert.deepEqual(scale(8, 256), ["0", "0.5", "1", "1.5", "2"]);
  });

  it("parts trays by lines, and counts GPUs by trays and layers by fives", () => {
    const tags = readTags(svg);
    const lines = tags.filter(({ name, attributes }) => name === "path" && attributes.fill === "none");
    assert.deepEqual(lines.map(({ attributes }) => (attributes.d ?? "").split("M").length - 1), [17, 17]); // prettier-ignore
    const ticks = tags.filter(({ name, attributes }) => name === "text" && attributes["font-size"] === "11");
    const texts = ticks.map(({ text }) => text).slice(5);
    const layers = ["layer 0", "5", "10", "15", "20", "25", "30", "35", "40", "45", "50", "55", "60"];
    const ranks = ["0", "8", "16", "24", "32", "40", "48", "56", "64"];
    assert.deepEqual(texts, [...layers, ...ranks, ...ranks]);
  });

  it("gives one placement the whole width, and says which layers have no load", () => {
    const one = expertHeatMap(rack, both.slice(0, 1));
    assert.equal(cells(readTags(one)).length, 72 * 58);
    assert.ok(one.includes("dense or not recorded"));
    const full = { ...recording, layers: 58, counts: recording.counts.slice(3) };
    const balance = expertBalance(full, trivialPlacement(full, { slots: 288, ranks: 72 }));
    assert.ok(!expertHeatMap({ ...rack, layers: 58 }, [{ heading: "h", balance }]).includes("dense"));
  });

  it("keeps names of files from breaking out, and short", () => {
    const [first] = both;
    assert.ok(first !== undefined);
    const heading = 'before: <script>"/very/long/path/of/a/placement.json';
    const drawn = expertHeatMap({ ...rack, title: "a < b & c" }, [{ ...first, heading }]);
    assert.ok(readTags(drawn).some(({ text }) => text === "before: &lt;script&gt;&quot;/very/long..."));
  });
});

describe("shades", () => {
  it("grow lighter all the way, and end where the scale does", () => {
    const shades = Array.from({ length: 41 }, (_, i) => shadeOf(i / 40));
    assert.deepEqual([shadeOf(-1), shadeOf(0), shadeOf(1), shadeOf(2)], [partColours[0], partColours[0], partColours[4], partColours[4]]); // prettier-ignore
    shades.slice(1).forEach((shade, i) => assert.ok(luminance(shade) > luminance(shades[i] ?? ""), shade));
  });
});
