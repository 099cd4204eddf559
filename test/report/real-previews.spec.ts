import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePreview } from "../../src/report/preview/digest";
import { renderReport } from "../../src/report/preview/markdown";

const folder = join(__dirname, "../fixtures/previews");

/** What the real engine said of this project's stacks (see record.ts beside the fixtures), reported. */
function reported(name: string, stack: string): string {
  const preview = parsePreview(readFileSync(join(folder, `${name}.jsonl`), "utf8"));
  assert.ok(preview);
  return renderReport({ stack, preview });
}

const cases: readonly { readonly name: string; readonly stack: string; readonly heading: string }[] = [
  { name: "nothing", stack: "client1", heading: "nothing changes" },
  { name: "smaller-batch", stack: "client1", heading: "decode restarts (about 8 min), nothing replaced" },
  { name: "fewer-trays", stack: "client2", heading: "prefill scales, -4 GPUs, nothing replaced" },
  {
    name: "another-image",
    stack: "client2",
    heading: "prefill rolls (about 37 min), decode restarts (about 8 min), nothing replaced",
  },
  {
    name: "another-domain",
    stack: "client1",
    heading: "prefill restarts (about 8 min), decode restarts (about 9 min), 1 replaced",
  },
  { name: "refused", stack: "client1", heading: "preview failed, nothing was changed" },
];

describe("previews of the real engine", () => {
  for (const { name, stack, heading } of cases) {
    it(`${name}: ${heading}`, () => {
      const text = reported(name, stack);
      assert.equal(text.split("\n")[0], `### nvl72 ${stack}: ${heading} <!-- nvl72-report:${stack} -->`);
      assert.equal(text, readFileSync(join(folder, `${name}.md`), "utf8"));
    });
  }

  it("compare prediction and cost before and after", () => {
    const text = reported("smaller-batch", "client1");
    assert.match(text, /\| requests\/s \| 27\.6 \(\+-10 %\) \| 24\.9 \(\+-10 %\) \| -10 % \|/);
    assert.match(text, /\| TPOT \| 36\.3 ms \| 30\.1 ms \| -17 % \|/);
    assert.match(text, /\| \$\/M output tokens \| 0\.122 \| 0\.135 \| \+11 % \|/);
  });

  it("put a replacement before everything else", () => {
    const text = reported("another-domain", "client1");
    assert.ok(text.indexOf("**Replaced or deleted**") < text.indexOf("**client1 prefill**"));
  });

  it("fit one screen: no part that is open at first has more than 40 lines", () => {
    for (const { name, stack } of cases) {
      const open = reported(name, stack).split("<details>")[0] ?? "";
      assert.ok(open.split("\n").length <= 40, name);
    }
  });
});
