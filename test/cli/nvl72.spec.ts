import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../cli/nvl72";
import { summarise } from "../../src/report/plan-summary";
import { client1Plan } from "../report/plans";
import { digestText } from "../report/previews";

interface Run {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

async function run(args: readonly string[], stdin = ""): Promise<Run> {
  let out = "";
  let error = "";
  const status = await main(args, {
    out: (text) => (out += text),
    error: (text) => (error += text),
    readStdin: () => stdin,
    colour: false,
  });
  return { status, out, error };
}

const nothing = digestText({ steps: [] });
const nothingReport = "### nvl72 client1: nothing changes <!-- nvl72-report:client1 -->\n";

describe("nvl72", () => {
  let folder = "";
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "nvl72-cli-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("explains itself", async () => {
    const help = await run(["--help"]);
    assert.equal(help.status, 0);
    assert.match(help.out, /^usage: nvl72 <command>\n/);
    assert.deepEqual(await run([]), help);
    assert.deepEqual(await run(["report", "--help"]), help);
  });

  it("names the commands there are", async () => {
    assert.deepEqual(await run(["reprot"]), {
      status: 2,
      out: "",
      error:
        "nvl72: there is no command 'reprot'; commands are plan, simulate, compare, render, import, preset, experts, report, help\n",
    });
  });

  it("reports a preview from stdin and from a file", async () => {
    const expected = { status: 0, out: nothingReport, error: "" };
    assert.deepEqual(await run(["report", "--stack", "client1"], nothing), expected);
    assert.deepEqual(await run(["report", "--stack", "client1", "--preview", "-"], nothing), expected);
    const preview = file("preview.json", nothing);
    assert.deepEqual(await run(["report", "--stack", "client1", "--preview", preview]), expected);
  });

  it("reports a failed preview, and that is a success", async () => {
    const heading = "### nvl72 client1: preview failed, nothing was changed <!-- nvl72-report:client1 -->";
    const failedOutput = file("preview.err", "error: no stack named 'client1' found\n");
    const empty = file("empty.json", "");
    const told = `${heading}\n\n\`\`\`text\nno stack named 'client1' found\n\`\`\`\n`;
    const args = ["report", "--stack", "client1", "--preview", empty, "--failed-output", failedOutput];
    assert.deepEqual(await run(args), { status: 0, out: told, error: "" });
    const onStdout = await run(["report", "--stack", "client1"], "error: no stack named 'client1' found\n");
    assert.equal(onStdout.out, told);
    const byCode = await run([...args.slice(0, 3), "--exit-code", "255", "--failed-output", failedOutput], nothing);
    assert.equal(byCode.out, told);
  });

  it("does not print half a JSON", async () => {
    const { out } = await run(["report", "--stack", "client1"], nothing.slice(0, -20));
    assert.deepEqual(out.split("\n").slice(2, 5), [
      "```text",
      "pulumi stopped before its JSON was complete; see the log of the job",
      "```",
    ]);
  });

  it("compares plans from files", async () => {
    const summary = file("plan.json", JSON.stringify(summarise(client1Plan())));
    const { out } = await run(["report", "--stack", "client1", "--after", summary], nothing);
    assert.match(out, /^\| trays prefill \/ decode \| - \| 1 \/ 8 \| {2}\|$/m);
  });

  it("refuses what it cannot use", async () => {
    const refusals: [string[], string][] = [
      [["report"], "nvl72 report: --stack NAME is missing\n"],
      [
        ["report", "--stack", "a"],
        "nvl72 report: the preview is empty, and so is --failed-output: there is nothing to report\n",
      ],
      [
        ["report", "--stack", "a", "--max-chars", "100"],
        "nvl72 report: --max-chars 100 is not a whole number of at least 500\n",
      ],
      [
        ["report", "--stack", "a", "--after", file("x.json", "{}")],
        `nvl72 report: ${join(folder, "x.json")} is not a plan summary of this version\n`,
      ],
      [
        ["report", "--stack", "a", "--before", file("y.json", "{")],
        `nvl72 report: ${join(folder, "y.json")} is not JSON\n`,
      ],
    ];
    for (const [args, error] of refusals) {
      const stdin = args.length > 3 ? nothing : "";
      assert.deepEqual(await run(args, stdin), { status: 2, out: "", error });
    }
    const missing = await run(["report", "--stack", "a", "--preview", join(folder, "absent.json")]);
    assert.equal(missing.status, 2);
    assert.match(missing.error, /^nvl72 report: cannot read .*absent\.json: ENOENT/);
    const unknown = await run(["report", "--stak", "a"]);
    assert.equal(unknown.status, 2);
    assert.match(unknown.error, /Unknown option '--stak'/);
  });
});
