import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { terminalReport } from "../../src/report/preview/terminal";

const recorded = (name: string): string => readFileSync(join(__dirname, "../fixtures/previews", `${name}.md`), "utf8");

describe("a report in the terminal", () => {
  it("says the same without Markdown", () => {
    assert.equal(
      terminalReport(recorded("smaller-batch")),
      [
        "nvl72 client1: decode restarts (about 8 min), nothing replaced",
        "",
        "                                       before            after",
        "  trays prefill / decode               1 / 8             1 / 8",
        "  decode batch per rank                256               192",
        "  KV tokens per rank prefill / decode  131072 / 2375680  131072 / 1781760",
        "  GiB free per GPU prefill / decode    37.0 / 51.5       37.0 / 71.0",
        "  requests/s                           27.6 (+-10 %)     24.9 (+-10 %)     -10 %",
        "  TPOT                                 36.3 ms           30.1 ms           -17 %",
        "  $/hour                               99.00             99.00",
        "  $/M output tokens                    0.122             0.135             +11 %",
        "",
        "client1 decode: restarts its only group, nothing serves meanwhile (about 8 min)",
        "  - batchPerRank 256 -> 192",
        "",
        "client1 router: settings only",
        "  - decode[client1-decode].concurrency 8192 -> 6144",
        "  - decode[client1-decode].startupBudgetSeconds 1500 -> 1440",
        "",
        "Risk: interruption (client1 decode); none of: replacement, deletion, address change, KV format change, both roles at once.",
        "",
        "1 warning:",
        "- auth.controlPlaneKey: is not set (whoever may send requests may then also add and remove workers at /workers); name a Secret with a key of the form id:name:admin:key",
        "",
        "1 resource, field by field: add --diff",
      ].join("\n"),
    );
  });

  it("is one line when nothing changes", () => {
    assert.equal(terminalReport(recorded("nothing")), "nvl72 client1: nothing changes");
  });

  it("shows a refusal as it was written", () => {
    const text = terminalReport(recorded("refused"));
    assert.match(text, /^nvl72 client1: preview failed, nothing was changed\n\nnvl72: client1 cannot run/);
    assert.match(text, /\n {2}pools: 1 \(prefill\) \+ 12 \(decode\) = 13 trays, client1 has 9\n/);
  });
});
