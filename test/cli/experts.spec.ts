import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordingJson, type ExpertRecording } from "../../src/plan/experts/recording";
import { trivialPlacement } from "../../src/plan/experts/placement";
import { safetensors } from "../engines/trtllm/statistics-folder";
import { readTags } from "../report/html/markup-reader";
import { expertHistogram } from "../support/expert-histogram";
import { outputOf, runNvl72, usageErrorOf } from "./run-nvl72";

const root = join(__dirname, "../..");
const counts = expertHistogram({ layers: 4, denseLayers: 1, experts: 16, tokens: 1e5, seed: 3 });
const small: ExpertRecording = { model: "small", layers: 4, experts: 16, counts };

/** Lines of an output from the one that begins so, up to the next empty one. */
function blockOf(output: string, beginning: string): readonly string[] {
  const lines = output.split("\n");
  const from = lines.findIndex((line) => line.startsWith(beginning));
  return lines.slice(from, lines.indexOf("", from));
}

describe("nvl72 experts", () => {
  let folder = "";
  let recording = "";
  const inFolder = (name: string): string => join(folder, name);
  const file = (name: string, text: string | Uint8Array): string => {
    writeFileSync(inFolder(name), text);
    return inFolder(name);
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "nvl72-experts-"));
    recording = file("small.json", recordingJson(small));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("prints what its document shows", async () => {
    const document = readFileSync(join(root, "docs/experts.md"), "utf8");
    const shown = [...document.matchAll(/```console\n\$ nvl72 (experts .*)\n([^]*?)```/g)];
    assert.deepEqual(
      shown.map(([, command = ""]) => command.split(" ")[1]),
      ["show", "place", "compare"],
    );
    for (const [, command = "", output] of shown) {
      const args = command.split(" ").map((arg) => (arg.startsWith("examples/") ? join(root, arg) : arg));
      assert.equal(await outputOf(...args), output);
    }
  });

  it("shows a recording alone where nobody says on how many ranks", async () => {
    assert.equal(
      await outputOf("experts", "show", recording),
      `small, a recording: 4 layers, 3 of them recorded, 16 experts
tokens to the experts of a layer: 100,001 (99,999 to 100,003)
hottest expert / mean: 3.55, at most 5.32 in layer 2
`,
    );
  });

  it("shows it under the placement that it was recorded with", async () => {
    const placement = trivialPlacement(small, { slots: 20, ranks: 4 });
    const placed = file("placed.json", recordingJson({ ...small, placement }));
    const output = await outputOf("experts", "show", placed);
    assert.match(output, /^on 4 ranks with 5 slots each: 20 slots, 4 of them redundant$/m);
    assert.match(output, /^as recorded +0\.\d{4} {2}0\.\d{4} layer \d$/m);
    const otherwise = await outputOf("experts", "show", placed, "--ranks", "8", "--redundant", "8");
    assert.match(otherwise, /^the model's order +0\.\d{4} /m);
  });

  for (const [engine, name] of [
    ["sglang", "placement.json"],
    ["trtllm", "placement.yaml"],
  ] as const) {
    // prettier-ignore
    it(`writes ${engine}'s file, and from that placement moves nothing`, async () => {
      const out = inFolder(name);
      const request = ["experts", "place", recording, "--ranks", "4", "--redundant", "4"];
      await outputOf(...request, "--engine", engine, "--out", out);
      assert.equal(await outputOf(...request, "--engine", engine, "--out", "-"), readFileSync(out, "utf8"));
      const again = await outputOf("experts", "place", recording, "--ranks", "4", "--current", out);
      assert.match(again, /^moves 0 of 60 expert weights \(0\.00 %\), 0 from another tray$/m);
      assert.match(again, /^on 4 ranks with 5 slots each: 20 slots, 4 of them redundant$/m);
      const compared = await outputOf("experts", "compare", recording, "trivial", out, "--ranks", "4");
      assert.match(compared, /^expert time 0\.\d{3} x that of trivial$/m);
      assert.deepEqual(
        blockOf(compared, "worst layers of").slice(1).map((line) => line.split(/ {2,}/)[0]?.replace(/\d/, "n")),
        ["layer n", "layer n", "layer n"],
      );
    });
  }

  it("starts from the placement in the recording", async () => {
    const placement = trivialPlacement(small, { slots: 24, ranks: 4 });
    const placed = file("started.json", recordingJson({ ...small, placement }));
    const output = await outputOf("experts", "place", placed);
    assert.match(output, /^on 4 ranks with 6 slots each: 24 slots, 8 of them redundant$/m);
    assert.match(output, /^before, as recorded /m);
  });

  it("tells programs the same", async () => {
    const request = ["experts", "place", recording, "--ranks", "4", "--redundant", "4"];
    const told = JSON.parse(await outputOf(...request, "--json")) as {
      readonly balancedness: Readonly<Record<string, number>>;
      readonly recordedLayers: readonly { readonly layer: number; readonly placed: number }[];
      readonly movedExperts: number;
    };
    const output = await outputOf(...request);
    const [, before, heuristic, placed, bound] = blockOf(output, "balancedness").map((line) =>
      Number(/ (\d\.\d{4}) /.exec(line)?.[1]),
    );
    const rounded = Object.entries(told.balancedness).map(([name, value]) => [name, Number(value.toFixed(4))]);
    assert.deepEqual(Object.fromEntries(rounded), { before, heuristic, placed, bound });
    assert.match(output, new RegExp(`^moves ${told.movedExperts} of 60 `, "m"));
    assert.deepEqual(
      told.recordedLayers.map(({ layer }) => layer),
      [1, 2, 3],
    );
  });

  it("draws the loads before and after", async () => {
    const svg = inFolder("load.svg");
    await outputOf("experts", "place", recording, "--ranks", "4", "--svg", svg);
    const tags = readTags(readFileSync(svg, "utf8"));
    assert.equal(tags.find(({ name }) => name === "title")?.text, "Load of the experts of small on 4 GPUs");
    const headings = tags.filter(({ attributes }) => attributes["font-weight"] === "600").map(({ text }) => text);
    assert.deepEqual(headings, ["before: the model&#39;s order", "placed"]);
  });

  it("takes a dump of SGLang's recorder for the same recording", async () => {
    const half = counts.map((row) => row.map((count) => Math.floor(count / 2)));
    const rest = counts.map((row) => row.map((count) => Math.ceil(count / 2)));
    const dump = file("dump.json", JSON.stringify({ rank: 0, logical_count: [half, rest] }));
    const [named, ...lines] = (await outputOf("experts", "place", dump, "--ranks", "4")).split("\n");
    assert.equal(named, "unnamed model, counted by SGLang's recorder: 4 layers, 3 of them recorded, 16 experts");
    assert.deepEqual(lines, (await outputOf("experts", "place", recording, "--ranks", "4")).split("\n").slice(1));
  });

  describe("with TensorRT-LLM's statistics", () => {
    const statistics = (name: string, rows: readonly (readonly number[])[]): string => {
      const path = inFolder(name);
      mkdirSync(path);
      writeFileSync(
        join(path, "meta_info.json"),
        JSON.stringify({ num_experts: rows[0]?.length, num_experts_per_token: 8 }),
      );
      const named = rows.flatMap((row, layer) => (layer === 0 ? [] : [[`5_${layer}`, row] as const]));
      const none = named.map(([key, row]) => [key, row.map(() => 0)] as const);
      writeFileSync(join(path, "rank0.safetensors"), safetensors(Object.fromEntries(named)));
      writeFileSync(join(path, "rank1.safetensors"), safetensors(Object.fromEntries(none)));
      writeFileSync(join(path, "rank0_raw.safetensors"), "not counts");
      return path;
    };

    it("takes a folder of counts by expert", async () => {
      const [named, ...lines] = (await outputOf("experts", "show", statistics("experts", counts))).split("\n");
      assert.equal(
        named,
        "unnamed model, counted by 2 ranks of TensorRT-LLM: 4 layers, 3 of them recorded, 16 experts",
      );
      assert.deepEqual(lines, (await outputOf("experts", "show", recording)).split("\n").slice(1));
    });

    it("turns counts by slot back, under the load balancer file that was in force", async () => {
      const balancer = inFolder("balancer.yaml");
      await outputOf("experts", "place", recording, "--ranks", "2", "--redundant", "0", "--engine", "trtllm", "--out", balancer); // prettier-ignore
      const rows = [...readFileSync(balancer, "utf8").matchAll(/^ {2}(\d): \[(.*)\]$/gm)].map(
        ([, layer, row = ""]) => ({
          layer: Number(layer),
          row: row.split(", ").map(Number),
        }),
      );
      const slots = counts.map((loads, layer) => {
        const found = rows.find((other) => other.layer === layer);
        return found === undefined ? loads : found.row.map((expert) => loads[expert] ?? 0);
      });
      const output = await outputOf("experts", "show", statistics("slots", slots), "--slots-of", balancer);
      const [named, , skew, onRanks] = output.split("\n");
      assert.equal(named, "unnamed model, counted by 2 ranks of TensorRT-LLM, by slot: 4 layers, 3 of them recorded, 16 experts"); // prettier-ignore
      assert.equal(skew, "hottest expert / mean: 3.55, at most 5.32 in layer 2");
      assert.equal(onRanks, "on 2 ranks with 8 slots each: 16 slots, 0 of them redundant");
      assert.match(output, /^as recorded +(0\.9|1\.0)/m);
    });

    it("says that counts and load balancer file do not fit", async () => {
      const balancer = file("other.yaml", "initial_global_assignments: { 1: [0, 1], 2: [1, 0], 3: [0, 1] }\nnum_slots: 2\n"); // prettier-ignore
      const path = statistics("unfit", counts);
      assert.equal(
        await usageErrorOf("experts", "show", path, "--slots-of", balancer),
        `nvl72 experts: ${path} counts 16 slots, ${balancer} has 2\n`,
      );
    });
  });

  it("tells everything that is wrong with a file, and fails", async () => {
    const bad = file("bad.json", JSON.stringify({ model: "", layers: 1, experts: 0, counts: [] }));
    const { status, out, error } = await runNvl72("experts", "show", bad);
    const rule = 'a recording is {"model": string, "layers": number, "experts": number, "counts": [layer][expert]}';
    const fix = "dump the recording again, or point to the right file";
    assert.deepEqual([status, out], [1, ""]);
    assert.equal(
      error,
      `nvl72 experts: ${bad} cannot be used (2 problems)
  model: "" is not a model name
      rule: ${rule}
      fix:  ${fix}
  experts: 0 is not a positive whole number
      rule: ${rule}
      fix:  ${fix}
`,
    );
  });

  it("refuses files of other kinds, each for its own reason", async () => {
    const refusal = async (...args: readonly string[]): Promise<string> => {
      const { status, error } = await runNvl72("experts", ...args);
      assert.equal(status, 1);
      return error.split("\n")[1] ?? "";
    };
    const torch = file("dump.pt", "PK\u0003\u0004...");
    assert.equal(await refusal("show", torch), "  a file of torch.save (.pt)");
    assert.equal(await refusal("place", recording, "--ranks", "4", "--current", torch), "  a file of torch.save (.pt)");
    assert.equal(await refusal("show", file("no.json", "{")), "  no JSON");
    assert.equal(await refusal("show", folder), "  meta_info.json: no number of experts");
    assert.equal(await refusal("compare", recording, "trivial", recording, "--ranks", "4"), "  model: not a field of the load balancer"); // prettier-ignore
    const short = file("short.json", '{"physical_to_logical_map":[[0]]}');
    assert.equal(await refusal("place", recording, "--ranks", "1", "--current", short), "  physical_to_logical_map: 1 rows for 4 layers"); // prettier-ignore
  });

  it("refuses arguments that make no question", async () => {
    const wrong = async (...args: readonly string[]): Promise<string> =>
      (await usageErrorOf("experts", ...args)).trimEnd();
    assert.equal(await wrong(), "nvl72 experts: there is no ''; it is show, place or compare");
    assert.equal(await wrong("show"), "nvl72 experts show: a recording, not 0 files");
    assert.equal(
      await wrong("compare", recording),
      "nvl72 experts compare: a recording and two placements, not 1 files",
    );
    const absent = inFolder("absent");
    assert.equal(
      await wrong("show", absent),
      `nvl72 experts: cannot read ${absent}: ENOENT: no such file or directory, open '${absent}'`,
    );
    const missing = "nvl72 experts: --ranks N is missing: files of placements do not say how many ranks share them";
    assert.equal(await wrong("place", recording), missing);
    assert.equal(await wrong("show", recording, "--svg", inFolder("x.svg")), missing);
    assert.equal(await wrong("compare", recording, "trivial", "heuristic"), missing);
    assert.equal(
      await wrong("place", recording, "--ranks", "0"),
      "nvl72 experts: --ranks 0 is not a whole number of at least 1",
    );
    assert.equal(
      await wrong("place", recording, "--ranks", "5", "--redundant", "3"),
      "nvl72 experts: 16 experts and 3 redundant ones do not divide by 5 ranks; --redundant 4 does, or auto (4)",
    );
    const place = ["place", recording, "--ranks", "4"];
    assert.equal(
      await wrong(...place, "--engine", "vllm", "--out", "-"),
      "nvl72 experts place: --engine vllm is not one of sglang, trtllm, which read placements",
    );
    assert.equal(
      await wrong(...place, "--engine", "trtllm"),
      "nvl72 experts place: --engine says what --out FILE is for, and there is none",
    );
    assert.equal(
      await wrong(...place, "--json", "--out", "-"),
      "nvl72 experts place: --json and --out - would print two files into one",
    );
    assert.equal(
      await wrong("show", recording, "--slots-of", recording),
      "nvl72 experts: --slots-of is for a folder of TensorRT-LLM's statistics; others count experts",
    );
    assert.match(await wrong("show", recording, "--json"), /^Unknown option '--json'/);
  });
});
