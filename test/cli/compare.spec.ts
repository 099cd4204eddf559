import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outputOf, usageErrorOf } from "./run-nvl72";

describe("nvl72 compare", () => {
  let folder = "";
  let shipped = "";
  let changed = "";

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "nvl72-compare-"));
    [shipped, changed] = ["a", "b"].map((name) => {
      const copy = join(folder, name);
      const source = join(__dirname, "../../stacks");
      for (const stack of ["rack", "client1", "client2"]) {
        cpSync(join(source, `Pulumi.${stack}.yaml`), join(copy, `Pulumi.${stack}.yaml`));
      }
      return copy;
    }) as [string, string];
    const file = join(changed, "Pulumi.client2.yaml");
    const text = readFileSync(file, "utf8").replace(/requestsPerSecond: \d+/, "requestsPerSecond: 20");
    writeFileSync(file, text);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("puts two folders side by side, client by client", async () => {
    const blocks = (await outputOf("compare", shipped, changed)).split("\n\n");
    assert.deepEqual(
      blocks.map((block) => block.split(/\s/)[0]),
      ["client1", "client2"],
    );
    assert.match(blocks[0] ?? "", /\ntrays prefill \/ decode +1 \/ 6 +1 \/ 8 +\+2 trays\n/);
    assert.match(blocks[1] ?? "", /\ntrays prefill \/ decode +7 \/ 4 +6 \/ 2 +-3 trays\n/);
  });

  it("takes what `plan --json` prints for the folder", async () => {
    const files: string[] = [];
    for (const [name, source] of [
      ["a.json", shipped],
      ["b.json", changed],
    ] as const) {
      const file = join(folder, name);
      const plan = JSON.parse(await outputOf("plan", source, "--json")) as { clients: readonly unknown[] };
      // Clients are told in the order of their names, whatever the file has.
      writeFileSync(file, JSON.stringify({ ...plan, clients: [...plan.clients].reverse() }));
      files.push(file);
    }
    const ofFiles = await outputOf("compare", ...files, "--json");
    assert.equal(ofFiles, await outputOf("compare", shipped, changed, "--json"));
    const compared = JSON.parse(ofFiles) as readonly { client: string; rows: readonly { name: string }[] }[];
    assert.deepEqual(
      compared.map(({ client }) => client),
      ["client1", "client2"],
    );
    assert.ok(compared.every(({ rows }) => rows.some(({ name }) => name === "requests/s")));
  });

  it("has a column of nothing for a client that is only in one of them", async () => {
    const alone = join(folder, "alone");
    for (const stack of ["rack", "client1"]) {
      cpSync(join(shipped, `Pulumi.${stack}.yaml`), join(alone, `Pulumi.${stack}.yaml`));
    }
    writeFileSync(
      join(alone, "Pulumi.rack.yaml"),
      "config:\n  nvl72:program: rack\n  nvl72:clients: { client1: { trays: 7 } }\n",
    );
    assert.match(await outputOf("compare", shipped, alone), /\nrequests\/s +43\.6 \(\+-15 %\) +-\n/);
  });

  it("refuses what is no plan", async () => {
    const two = "nvl72 compare: two plans are compared, each a folder or a file of `nvl72 plan --json`\n";
    assert.equal(await usageErrorOf("compare", shipped), two);
    assert.equal(await usageErrorOf("compare", shipped, shipped, shipped), two);
    const absent = join(folder, "absent");
    assert.equal(await usageErrorOf("compare", shipped, absent), `nvl72 compare: there is no ${absent}\n`);
    const other = join(folder, "other.json");
    for (const text of ["null", "7", "[]", "{}", '{"clients":[]}', '{"clients":[{"version":1}]}', '{"clients":7}']) {
      writeFileSync(other, text);
      assert.equal(
        await usageErrorOf("compare", other, shipped),
        `nvl72 compare: ${other} is not what \`nvl72 plan --json\` of this version prints\n`,
      );
    }
    const good = JSON.parse(await outputOf("plan", shipped, "--json")) as { clients: readonly unknown[] };
    writeFileSync(other, JSON.stringify({ clients: [...good.clients, {}] }));
    assert.match(await usageErrorOf("compare", other, shipped), /is not what/);
    writeFileSync(other, "# not JSON");
    assert.equal(await usageErrorOf("compare", other, shipped), `nvl72 compare: ${other} is not JSON\n`);
  });
});
