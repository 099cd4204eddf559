import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { renderHtml } from "../../../src/report/html/html";
import { markup } from "../../../src/report/html/markup";
import type { PlanReport } from "../../../src/report/html/report-data";
import { importsOf, sourceFiles } from "../../support/source-imports";
import { readTable, readTags } from "./markup-reader";
import { bareReport, fullReport, reportOf } from "./reports";

describe("renderHtml", () => {
  let page = "";
  before(async () => {
    page = await renderHtml(fullReport());
  });

  it("needs nothing from anywhere", () => {
    const tags = readTags(page);
    const foreign = tags.filter(({ name }) => ["script", "link", "img", "iframe", "object", "image"].includes(name));
    assert.deepEqual(foreign, []);
    const links = tags.flatMap(({ attributes }) =>
      ["href", "src", "xlink:href", "srcset", "data"].flatMap((name) => attributes[name] ?? []),
    );
    assert.ok(links.length > 0);
    const ids = new Set(tags.map(({ attributes }) => attributes.id));
    assert.deepEqual(
      links.filter((link) => !link.startsWith("#") || !ids.has(link.slice(1))),
      [],
    );
    assert.doesNotMatch(page, /@import|@font-face|url\((?!#)/);
  });

  it("has every id once, and every reference meets an id", () => {
    const tags = readTags(page);
    const ids = tags.flatMap(({ attributes }) => attributes.id ?? []);
    assert.deepEqual(
      ids.filter((id, i) => ids.indexOf(id) !== i),
      [],
    );
    const references = [
      ...tags.flatMap(({ attributes }) => attributes["aria-labelledby"]?.split(" ") ?? []),
      ...[...page.matchAll(/url\(#([^)]+)\)/g)].map(([, id = ""]) => id),
    ];
    assert.ok(references.length > 10);
    assert.deepEqual(
      references.filter((id) => !ids.includes(id)),
      [],
    );
  });

  it("is one heading, then sections, then their parts", () => {
    const headings = readTags(page).filter(({ name }) => /^h\d$/.test(name));
    assert.deepEqual(
      headings.map(({ name, text }) => `${name} ${text}`),
      [
        "h1 Two clients on one rack",
        "h2 What is served",
        "h3 client1",
        "h3 client2",
        "h2 Pictures",
        "h3 Trays",
        "h3 This plan and its alternatives",
        "h3 Throughput against interactivity",
        "h3 Queues over time",
        "h3 Memory per GPU",
        "h3 Where a decode step goes",
        "h3 The model against published measurements",
        "h2 Warnings",
        "h2 Numbers",
      ],
    );
  });

  it("names every picture for who cannot see it", () => {
    const tags = readTags(page);
    const pictures = tags.filter(({ name }) => name === "svg");
    assert.equal(pictures.length, 7);
    for (const { attributes } of pictures) {
      assert.equal(attributes.role, "img");
      const texts = (attributes["aria-labelledby"] ?? "")
        .split(" ")
        .map((id) => tags.find((tag) => tag.attributes.id === id)?.text ?? "");
      assert.ok(texts.length === 2 && texts.every((text) => text.length > 5), texts.join(" | "));
    }
  });

  it("says first what is served, how fast, for how much and how far from the bound", () => {
    const screen = textOf(page.slice(page.indexOf("<header"), page.indexOf("</header>")));
    assert.equal(
      screen,
      [
        "Two clients on one rack GB200 NVL72: 18 trays of 4 GPUs, 16 in use, 2 free · 1 warning What is served",
        "87.6 % of the bound 35.3 found, no plan above 40.3 requests/s per client, planned in 0.413 s",
        "what keeps it from the bound: whole workers: client1&#39;s decode wants 9.4 trays and gets 11",
        "client1 1k in / 8k out · sglang 0.5.8 · prefill 1 × 4 GPUs (EP4) · decode 1 × 32 GPUs (EP32, batch 128)",
        "Served 20.8 requests/s 20 asked TPOT 24.0 ms 30 ms promised TTFT 1.87 s p50, p90 3.12 s 5 s promised",
        "Uncertainty ± 10 % decode is full first",
        "Cost $99 per hour $0.161 per million tokens out or $1.29 in Power 43.2 kW 3.95 tokens/J",
        "Ready in 10 min from pod start",
        "client2 8k in / 1k out · sglang 0.5.8 · prefill 5 × 4 GPUs (EP4) · decode 1 × 8 GPUs (EP8, batch 96)",
        "Served 41.0 requests/s below the 50 asked TPOT 24.6 ms above the 20 ms promised",
        "TTFT not quoted prefill is 97 % busy, above 95 % Uncertainty ± 20 % prefill is full first",
        "Cost $77 per hour $0.523 per million tokens out Ready in 10 min from pod start",
      ].join(" "),
    );
  });

  it("says so where nothing is predicted", async () => {
    const line = { client: "client1", askedRequestsPerSecond: 20, dollarsPerHour: 99 };
    const other = await renderHtml({ ...bareReport(), lines: [line] });
    const card = textOf(/<article.*?<\/article>/s.exec(other)?.[0] ?? "");
    assert.match(
      card,
      /Served not predicted no published measurement is near this plan, 20 requests\/s asked Cost \$99 per hour$/,
    );
    assert.deepEqual(readTable(other, "table-served"), [
      ["asked (requests/s)", 20],
      ["cost ($/h)", 99],
    ]);
  });

  it("keeps the numbers beside the pictures exactly as they came", () => {
    const report = fullReport();
    const { alternatives = [], step = [], calibration = [], pareto = [] } = report;
    const rates = (client: string): readonly number[] =>
      alternatives
        .flatMap(({ served }) => served.filter((one) => one.client === client))
        .map((o) => o.requestsPerSecond);
    const [first, second] = [rates("client1"), rates("client2")];
    assert.deepEqual(
      readTable(page, "table-alternatives"),
      alternatives.map(({ name, shareOfBest, note }, i) => [name, first[i], second[i], shareOfBest, note]),
    );
    assert.deepEqual(
      readTable(page, "table-step").map((row) => row.slice(0, 6)),
      step.map((one) => Object.values(one) as unknown[]),
    );
    assert.deepEqual(
      readTable(page, "table-calibration").map(([name, published, predicted, , unit]) => ({
        name,
        published,
        predicted,
        unit,
      })),
      calibration,
    );
    assert.deepEqual(
      readTable(page, "table-pareto-1"),
      pareto[0]?.points.map((p) => [
        p.gpusPerWorker,
        p.batchPerRank,
        p.tokensPerSecondPerUser,
        p.tokensPerSecondPerGpu,
      ]),
    );
    assert.deepEqual(readTable(page, "table-queue"), [
      ["client1", 796, 6, lastWaiting(report, "client1"), lastOf(report, "client1"), lastOf(report, "client1")],
      ["client2", 796, 48, lastWaiting(report, "client2"), lastOf(report, "client2"), lastOf(report, "client2")],
    ]);
    assert.deepEqual(readTable(page, "table-served"), [
      ["served (requests/s)", 20.84, 41.05],
      ["asked (requests/s)", 20, 50],
      ["TPOT (ms)", 23.99, 24.6],
      ["TPOT promised (ms)", 30, 20],
      ["TTFT p50 (s)", 1.87, "not quoted"],
      ["TTFT p90 (s)", 3.12, "not quoted"],
      ["TTFT promised (s)", 5, "–"],
      ["uncertainty", 0.1, 0.2],
      ["full first", "decode", "prefill"],
      ["cost ($/h)", 99, 77],
      ["cost ($/M tokens out)", 0.1611, 0.523],
      ["the same ($/M tokens in)", 1.2887, "–"],
      ["power (kW)", 43.2, "–"],
      ["tokens per joule", 3.95, "–"],
      ["ready in", 591, 547],
    ]);
    assert.deepEqual(
      readTable(page, "table-memory"),
      report.rack.clients.flatMap(({ client, prefill, decode }) =>
        [prefill, decode].map(({ role, memory: m }) => [
          `${client} ${role}`,
          m.weightsGib,
          m.kvGib,
          m.dispatchGib,
          m.workspaceGib,
          m.freeGib,
          m.usableGib,
        ]),
      ),
    );
  });

  it("says on which side of the bound the plan is", async () => {
    const line = async (found: number, bound: number): Promise<string> => {
      const proof = { found, bound, unit: "trays", gap: 0, binding: "memory" };
      const html = await renderHtml({ ...bareReport(), proof });
      return textOf(/<div class="card proof".*?<\/div>/s.exec(html)?.[0] ?? "");
    };
    assert.match(await line(14, 13.2), /14 found, no plan below 13.2 trays/);
    assert.match(await line(13, 13.2), /13 found, no plan above 13.2 trays/);
    assert.match(await line(14, 14), /14 trays, and no plan is better what decides the bound: memory$/);
  });

  it("gives the same bytes for the same report", async () => {
    assert.equal(await renderHtml(fullReport()), page);
  });

  it("stays small, with hundreds of points too", async () => {
    assert.ok(page.length < 250_000, `${page.length} characters`);
    const points = Array.from({ length: 200 }, (_, i) => ({
      batchPerRank: i + 1,
      gpusPerWorker: 4 * (1 + (i % 8)),
      tokensPerSecondPerUser: 100 / Math.sqrt(i + 2),
      tokensPerSecondPerGpu: 1000 * Math.sqrt(i + 2),
    }));
    const large = await renderHtml(
      fullReport({ pareto: ["client1", "client2"].map((client) => ({ client, points })) }),
    );
    assert.ok(large.length < 400_000, `${large.length} characters`);
  });

  it("sets the chosen rows apart", () => {
    const chosen = [...page.matchAll(/<tr class="chosen">.*?<\/tr>/gs)].map(([row]) => textOf(row));
    assert.equal(chosen.length, 3);
    assert.equal(chosen[0], "This plan 35.3 35.3 100 % separate prefill pools");
    assert.match(chosen[1] ?? "", /^32 128 /);
    assert.match(chosen[2] ?? "", /^8 96 /);
  });

  it("leads from every picture to its numbers", () => {
    const figures = [...page.matchAll(/<figure .*?<\/figure>/gs)].map(([figure]) => readTags(figure));
    assert.deepEqual(
      figures.map((tags) => tags.find(({ name }) => name === "a")?.attributes.href),
      ["pools", "alternatives", "pareto-1", "queue", "memory", "step", "calibration"].map((name) => `#table-${name}`),
    );
  });

  it("leads nowhere from a rack without pools", async () => {
    const figures = readTags(await renderHtml(bareReport()));
    assert.ok(figures.every(({ name }) => name !== "a"));
  });

  const sections: readonly (readonly [keyof PlanReport, readonly string[]])[] = [
    ["lines", ["table-served"]],
    ["alternatives", ["alternatives", "table-alternatives"]],
    ["proof", ["proof"]],
    ["pareto", ["pareto", "table-pareto-1", "table-pareto-2", "table-published"]],
    ["queue", ["queue", "table-queue"]],
    ["step", ["step", "table-step"]],
    ["calibration", ["calibration", "table-calibration"]],
    ["warnings", ["warnings"]],
  ];

  it("has a part where there is data for it, and only there", async () => {
    const all = sections.flatMap(([, ids]) => ids);
    const partsOf = (html: string): readonly string[] => {
      const ids = readTags(html).map(({ attributes }) => attributes.id);
      return all.filter((id) => ids.includes(id));
    };
    assert.deepEqual(partsOf(page), all);
    assert.deepEqual(partsOf(await renderHtml(bareReport())), []);
    const full = fullReport();
    for (const [part, ids] of sections) {
      const alone = { ...bareReport(), [part]: full[part] };
      assert.deepEqual(partsOf(await renderHtml(alone)), ids, part);
      const empty = { ...bareReport(), [part]: part === "proof" ? undefined : [] };
      assert.equal(await renderHtml(empty), await renderHtml(bareReport()), part);
    }
  });

  it("shows hostile names as text and nothing else", async () => {
    const name = `</title></style><script>alert("1")</script><img src=x onerror='a'>&amp;`;
    const hostile = await renderHtml(reportOf(name));
    const shapeOf = (html: string): readonly string[] =>
      readTags(html).map((tag) => `${tag.name} ${Object.keys(tag.attributes).join(" ")}`);
    assert.deepEqual(shapeOf(hostile), shapeOf(await renderHtml(reportOf("n".repeat(name.length)))));
    assert.ok(
      hostile.includes("&lt;/title&gt;&lt;/style&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&lt;img src=x"),
    );
  });
});

describe("markup", () => {
  it("keeps whatever is put in as text, in elements and in attributes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const { text: made } = markup`<p title="${text}">${[text, markup`<b>${text}</b>`]}</p>`;
        const tags = readTags(made);
        assert.deepEqual(
          tags.map(({ name, attributes }) => [name, Object.keys(attributes)]),
          [
            ["p", ["title"]],
            ["b", []],
          ],
        );
        const visible = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd");
        assert.deepEqual(
          [unescaped(tags[0]?.attributes.title), ...tags.map((tag) => unescaped(tag.text))],
          [visible, visible, visible],
        );
      }),
    );
  });

  it("leaves out what is undefined", () => {
    assert.equal(markup`<p>${undefined}${0}</p>`.text, "<p>0</p>");
  });
});

describe("importing the report", () => {
  const source = join("src", "report", "html", "html.ts");

  it("does not load Vega", () => {
    const program = `require("./${source.replaceAll("\\", "/")}"); console.log(Object.keys(require.cache).join("\\n"));`;
    const loaded = execFileSync(process.execPath, ["--import", "tsx", "-e", program], {
      cwd: join(__dirname, "..", "..", ".."),
      encoding: "utf8",
    }).split("\n");
    assert.ok(loaded.some((file) => file.endsWith(source)));
    assert.deepEqual(
      loaded.filter((file) => file.includes(join("node_modules", "vega"))),
      [],
    );
  });

  it("reaches Vega from one file only", () => {
    const reaching = sourceFiles("src").filter((file) =>
      importsOf(file).some(({ target, typeOnly }) => /^vega(-lite)?$/.test(target) && !typeOnly),
    );
    assert.deepEqual(reaching, [join("src", "report", "html", "svg.ts")]);
  });
});

function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

function lastOf(report: PlanReport, client: string): number {
  return report.queue?.find((one) => one.client === client)?.runningDecode.at(-1) ?? NaN;
}

function lastWaiting(report: PlanReport, client: string): number {
  return report.queue?.find((one) => one.client === client)?.waitingPrefill.at(-1) ?? NaN;
}

function unescaped(text = ""): string {
  return text
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&");
}
