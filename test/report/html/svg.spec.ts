import assert from "node:assert/strict";
import { renderSvgs, type Svgs } from "../../../src/report/html/svg";
import { clientColour, luminance } from "../../../src/report/html/palette";
import type { TrayUse } from "../../../src/plan/client";
import { client1Plan, rackPlan } from "../plans";
import { readTags } from "./markup-reader";
import { bareReport, fullReport, reportOf } from "./reports";

describe("renderSvgs", () => {
  let svgs: Svgs = {};
  before(async () => {
    svgs = await renderSvgs(fullReport());
  });

  it("draws every picture there is data for", async () => {
    assert.deepEqual(Object.keys(svgs).sort(), [
      "alternatives",
      "calibration",
      "memory",
      "pareto",
      "queue",
      "rack",
      "step",
    ]);
    assert.deepEqual(Object.keys(await renderSvgs(bareReport())), ["rack"]);
  });

  it("makes documents that stand alone", () => {
    for (const svg of Object.values(svgs)) {
      const [root] = readTags(svg);
      assert.equal(root?.name, "svg");
      assert.equal(root.attributes.xmlns, "http://www.w3.org/2000/svg");
      assert.doesNotMatch(svg, /NaN|Infinity|undefined|\[object/);
      assert.equal(svg.split("font-family=").length, 2, "the font is said once");
    }
  });

  it("gives the same bytes at once and again", async () => {
    const [one, other] = await Promise.all([renderSvgs(fullReport()), renderSvgs(fullReport())]);
    assert.deepEqual(one, svgs);
    assert.deepEqual(other, svgs);
  });

  it("draws a tray per tray, with its client and role", () => {
    const trays = readTags(svgs.rack ?? "").filter(({ attributes }) => attributes["data-tray"] !== undefined);
    const repeat = (count: number, name: string): readonly string[] => Array<string>(count).fill(name);
    assert.deepEqual(
      trays.map(({ attributes }) => attributes.class),
      [
        "tray client-1 prefill",
        ...repeat(8, "tray client-1 decode"),
        ...repeat(5, "tray client-2 prefill"),
        ...repeat(2, "tray client-2 decode"),
        ...repeat(2, "tray free"),
      ],
    );
    assert.deepEqual(
      trays.map(({ attributes }) => attributes["data-tray"]),
      Array.from({ length: 18 }, (_, tray) => String(tray)),
    );
  });

  it("names every worker once", () => {
    const names = textsOf(svgs.rack ?? "", "tspan").filter((text) => text.includes("worker"));
    assert.deepEqual(names, [
      "client1 prefill worker 0",
      "client1 decode worker 0",
      ...[0, 1, 2, 3, 4].map((worker) => `client2 prefill worker ${worker}`),
      "client2 decode worker 0",
    ]);
  });

  it("draws trays of somebody who is no client of the plan", async () => {
    const trayUse: readonly TrayUse[] = [
      { tray: 0, client: "shared", role: "prefill", worker: 0 },
      { tray: 5, client: "shared", role: "prefill", worker: 0 },
    ];
    const { rack } = await renderSvgs({ title: "shared", rack: { ...rackPlan([]), trayUse, freeTrays: 16 } });
    const trays = readTags(rack ?? "").filter(({ attributes }) => attributes.class === "tray client-other prefill");
    assert.deepEqual(
      trays.map(({ attributes }) => attributes["data-tray"]),
      ["0", "5"],
    );
    assert.deepEqual(textsOf(rack ?? "", "tspan"), [
      "shared prefill worker 0",
      "4 GPUs",
      "shared prefill worker 0",
      "4 GPUs",
    ]);
  });

  it("writes units at every axis", () => {
    const titles = (name: keyof Svgs): readonly string[] =>
      textsOf(svgs[name] ?? "", "text").filter((text) => /\(.*\)$|per second$/.test(text));
    const perClient = (...names: readonly string[]): readonly string[] => [...names, ...names];
    assert.deepEqual(titles("memory"), ["memory per GPU (GiB)"]);
    assert.deepEqual(titles("step"), ["time of one decode step (ms)"]);
    assert.deepEqual(titles("queue"), perClient("time (s)"));
    assert.deepEqual(titles("alternatives"), [
      "requests per second",
      "Option A (static 36/36)",
      "requests per second",
      "Option A (static 36/36)",
    ]);
    assert.deepEqual(titles("pareto"), perClient("interactivity (tokens/s per user)", "throughput (tokens/s per GPU)"));
    assert.deepEqual(
      titles("calibration"),
      ["ms", "tokens/s per GPU", "tokens"].flatMap((unit) => [`published (${unit})`, `predicted (${unit})`]),
    );
  });

  it("draws sizes in proportion", () => {
    const widths = barsOf(svgs.step ?? "").map(({ width }) => width);
    const perMillisecond = (widths[0] ?? 0) / 8.9;
    const sizes = [8.9, 5.1, 6.2, 2.7, 1.1, 11.4, 6.3, 3.6, 2.9, 0.4];
    assert.equal(widths.length, sizes.length);
    sizes.forEach((size, i) => {
      assert.ok(Math.abs((widths[i] ?? 0) / perMillisecond - size) < 0.02, `bar ${i}: ${widths[i] ?? 0} for ${size}`);
    });
  });

  it("leaves room for the whole step behind its bar", () => {
    const ends = barsOf(svgs.step ?? "").map(({ left, width }) => left + width);
    assertNear(Math.max(...ends), 432 / 1.18, "longest bar");
    assert.deepEqual(
      textsOf(svgs.step ?? "", "text").filter((text) => text.endsWith(" ms")),
      ["24.0 ms", "24.6 ms"],
    );
  });

  it("starts every part where the one before ends, and every bar at 0", () => {
    for (const name of ["step", "memory"] as const) {
      const bars = barsOf(svgs[name] ?? "");
      assert.ok(bars.length >= 10);
      bars.forEach((bar, i) => {
        const before = bars[i - 1];
        const start = before?.top === bar.top ? before.left + before.width : 0;
        assertNear(bar.left, start, `${name} ${i}`);
      });
    }
  });

  it("draws the limit of memory where a bar with its free part ends", () => {
    const { memory = "" } = svgs;
    const last = barsOf(memory).at(-1);
    assertNear(uprights(memory, "#1c2430")[0], (last?.left ?? 0) + (last?.width ?? 0), "limit");
    assert.ok(textsOf(memory, "text").includes("usable: 179.7 GiB"));
  });

  it("lets overfull memory pass the limit inside the frame", async () => {
    const plan = client1Plan();
    const memory = { ...plan.decode.memory, kvGib: 170, freeGib: -42.4 };
    const rack = rackPlan([{ ...plan, decode: { ...plan.decode, memory } }]);
    const { memory: svg = "" } = await renderSvgs({ title: "overfull", rack });
    const last = barsOf(svg).at(-1);
    const end = (last?.left ?? 0) + (last?.width ?? 0);
    const [limit = 0] = uprights(svg, "#1c2430");
    assertNear(limit / end, 179.73 / (38.92 + 170 + 4.03 + 9.2), "limit over the bar's end");
    assert.ok(end <= 432, `ends at ${end}`);
  });

  it("draws the promise where its speed is", () => {
    const [first, second, ...more] = uprights(svgs.pareto ?? "", "#1c2430");
    // Both panels reach from 0 to 80 tokens/s over 506 pixels.
    assertNear(first, (506 * 1000) / 30 / 80, "30 ms");
    assertNear(second, (506 * 1000) / 20 / 80, "20 ms");
    assert.deepEqual(more, []);
  });

  it("hatches prefill and fills decode", () => {
    const tags = readTags(svgs.rack ?? "");
    const fillsOf = (tray: string): readonly string[] => {
      const start = tags.findIndex(({ attributes }) => attributes["data-tray"] === tray);
      const gpus = tags
        .slice(start)
        .filter(({ attributes }) => attributes.rx === "2" && attributes.stroke !== undefined);
      return gpus.slice(0, 4).map(({ attributes }) => attributes.fill ?? "");
    };
    assert.deepEqual(fillsOf("0"), Array<string>(4).fill("url(#rack-hatch-1)"));
    assert.deepEqual(fillsOf("1"), Array<string>(4).fill("#0072b2"));
    assert.deepEqual(fillsOf("13"), Array<string>(4).fill("url(#rack-hatch-2)"));
    assert.deepEqual(fillsOf("15"), Array<string>(4).fill("#aa3377"));
    assert.deepEqual(fillsOf("17"), Array<string>(4).fill("#ffffff"));
  });

  it("gives a client the same colour in every picture", () => {
    const { rack } = fullReport();
    for (const name of ["rack", "pareto", "queue", "alternatives"] as const) {
      for (const client of ["client1", "client2"]) {
        assert.ok(svgs[name]?.includes(`fill="${clientColour(rack, client)}"`), `${client} in ${name}`);
      }
    }
  });

  it("says what was chosen and which points are published", () => {
    const texts = textsOf(svgs.pareto ?? "", "text");
    assert.ok(
      texts.includes("chosen: 32 GPUs per worker, batch 128 per rank: 41.7 tokens/s for a user, 5,337 per GPU"),
    );
    assert.ok(texts.includes("(a) DEP32, batch 128; (b) DEP16 with MTP 1"));
    assert.deepEqual(
      texts.filter((text) => /^[a-z]$/.test(text)),
      ["a", "b", "a", "b"],
    );
  });

  it("moves a letter away from under the chosen point", () => {
    const letters = readTags(svgs.pareto ?? "").filter(({ name, text }) => name === "text" && /^[ab]$/.test(text));
    const client1 = letters.slice(0, 2).map(({ text, attributes }) => [text, attributes["text-anchor"]]);
    assert.deepEqual(client1, [
      ["a", "end"],
      ["b", "start"],
    ]);
  });

  it("draws larger workers darker", () => {
    const strokes = readTags(svgs.pareto ?? "")
      .filter(({ attributes }) => attributes.fill === undefined && attributes["stroke-width"] === "1.5")
      .flatMap(({ name, attributes }) => (name === "path" ? [attributes.stroke ?? ""] : []));
    assert.equal(strokes.length, 5);
    assert.equal(strokes[2], "#0072b2");
    const shades = strokes.map(luminance);
    assert.deepEqual(
      [shades.slice(0, 3), shades.slice(3)],
      [[...shades.slice(0, 3)].sort((a, b) => b - a), [...shades.slice(3)].sort((a, b) => b - a)],
    );
  });

  it("writes a rate inside its bar, and beside a bar that is too short", async () => {
    const served = (requestsPerSecond: number) => [{ client: "client1", requestsPerSecond }];
    const rest = { shareOfBest: 1, note: "" };
    const { alternatives = "" } = await renderSvgs({
      ...bareReport(),
      alternatives: [
        { name: "large", kind: "chosen", served: served(90), ...rest },
        { name: "small", kind: "alternative", served: served(1.5), ...rest },
        { name: "limit", kind: "bound", served: served(100), ...rest },
      ],
    });
    const anchors = readTags(alternatives)
      .filter(({ name, text }) => name === "text" && ["90", "1.50"].includes(text) && text !== "")
      .map(({ text, attributes }) => [text, attributes["text-anchor"]]);
    assert.deepEqual(anchors, [
      ["90", "end"],
      ["1.50", "start"],
    ]);
    const [large, small] = barsOf(alternatives);
    assertNear((small?.width ?? 0) / (large?.width ?? 1), 1.5 / 90, "small over large");
    assertNear(uprights(alternatives, "#1c2430")[0], (large?.width ?? 0) / 0.9, "bound");
    assert.ok((large?.width ?? 0) / 0.9 <= 392, "the bound is inside the frame");
  });

  it("names the measurement that is furthest off, where one is off", async () => {
    assert.deepEqual(
      textsOf(svgs.calibration ?? "", "text").filter((text) => /^[DP]\d$/.test(text)),
      ["P5"],
    );
    const near = { name: "D9", published: 10, predicted: 10.9, unit: "ms" };
    const exact = await renderSvgs({ ...bareReport(), calibration: [near] });
    assert.ok(!exact.calibration?.includes("D9"));
  });

  it("keeps the longest queue of what is drawn as one", async () => {
    const length = 5000;
    const seconds = Array.from({ length }, (_, i) => i);
    const waitingPrefill = seconds.map((i) => (i === 3333 ? 990 : 1));
    const long = { client: "client1", seconds, waitingPrefill, runningDecode: waitingPrefill };
    const { queue = "" } = await renderSvgs({ ...bareReport(), queue: [long] });
    assert.ok(queue.length < 60_000, `${queue.length} characters`);
    assert.ok(textsOf(queue, "text").includes("1k"), "the axis reaches the peak");
  });

  it("draws zeros without falling over", async () => {
    const nothing = { attentionMilliseconds: 0, expertsMilliseconds: 0, exchangeMilliseconds: 0 };
    const drawn = await renderSvgs({
      title: "zeros",
      rack: rackPlan(),
      step: [{ client: "client1", ...nothing, productsMilliseconds: 0, fixedMilliseconds: 0 }],
      queue: [{ client: "client1", seconds: [0], waitingPrefill: [0], runningDecode: [0] }],
      alternatives: [
        {
          name: "none",
          kind: "chosen",
          served: [{ client: "client1", requestsPerSecond: 0 }],
          shareOfBest: 0,
          note: "",
        },
      ],
      calibration: [{ name: "zero", published: 0, predicted: 0, unit: "ms" }],
    });
    for (const [name, svg] of Object.entries(drawn)) assert.doesNotMatch(svg, /NaN|Infinity/, name);
    assert.ok(textsOf(drawn.alternatives ?? "", "text").includes("not served"));
    assert.ok(!textsOf(drawn.calibration ?? "", "text").includes("zero"), "an exact prediction is not off");
    for (const name of ["step", "alternatives", "calibration", "queue"] as const) {
      assert.ok(
        textsOf(drawn[name] ?? "", "text").some((text) => /^1(\.0)?$/.test(text)),
        `${name} has an axis`,
      );
    }
  });

  it("shows hostile names as text", async () => {
    const hostile = await renderSvgs(reportOf(`<script>alert(1)</script>" id="x" \u0000\u001b d="M1.23456,0`));
    for (const svg of Object.values(hostile)) {
      assert.ok(readTags(svg).every(({ name }) => name !== "script"));
      assert.ok(readTags(svg).every(({ attributes }) => attributes.id !== "x"));
      assert.doesNotMatch(svg, /[\u0000-\u0008\u001b]/);
    }
  });
});

function textsOf(svg: string, tag: string): readonly string[] {
  return readTags(svg)
    .filter(({ name }) => name === tag)
    .map(({ text }) => text)
    .filter((text) => text !== "");
}

interface DrawnBar {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

/** The bars that Vega drew, in order: a rectangle is "M x,y h w v h Z", and grounds are classed. */
function barsOf(svg: string): readonly DrawnBar[] {
  return readTags(svg)
    .filter(({ attributes }) => attributes.class === undefined)
    .map(({ attributes }) => /^M([\d.]+),([\d.]+)h([\d.]+)v[\d.]+h-[\d.]+Z$/.exec(attributes.d ?? ""))
    .flatMap((match) =>
      match === null ? [] : [{ left: Number(match[1]), top: Number(match[2]), width: Number(match[3]) }],
    );
}

/** Where the upright lines of a colour stand inside their panels. */
function uprights(svg: string, colour: string): readonly number[] {
  return readTags(svg)
    .filter(({ name, attributes }) => name === "line" && attributes.stroke === colour && attributes.x2 === "0")
    .flatMap(({ attributes }) => /^translate\(([\d.]+),0\)$/.exec(attributes.transform ?? "")?.[1] ?? [])
    .map(Number);
}

function assertNear(actual: number | undefined, expected: number, what: string): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) < 0.05,
    `${what}: ${actual ?? "none"}, not ${expected}`,
  );
}
