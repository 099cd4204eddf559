import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { GetSchemaRequest } from "@pulumi/pulumi/proto/provider_pb";
import library from "../package.json";
import plugin from "../plugin/package.json";
import { currentSchema, schemaFile } from "../tools/schema";

interface Schema {
  readonly name: string;
  readonly version: string;
  readonly resources: Readonly<Record<string, { readonly required: readonly string[] }>>;
}

const root = join(__dirname, "..");
const committed = readFileSync(schemaFile, "utf8");

describe("the schema for other languages", () => {
  it("is committed as the components are now; `npm run schema` writes it", async function () {
    this.timeout(60_000);
    assert.equal(committed, await currentSchema());
  });

  it("has the five components that serve, each with a ref and a ready, and the one that records", () => {
    const { resources } = JSON.parse(committed) as Schema;
    assert.deepEqual(
      Object.entries(resources).map(([token, { required }]) => [token, required]),
      [
        ["pulumi-nvl72:index:ClientDomain", ["ready", "ref"]],
        ["pulumi-nvl72:index:DecodePool", ["ready", "ref"]],
        ["pulumi-nvl72:index:ExpertBalancer", ["ready", "ref"]],
        ["pulumi-nvl72:index:ExpertRecorder", ["summary"]],
        ["pulumi-nvl72:index:PrefillPool", ["ready", "ref"]],
        ["pulumi-nvl72:index:Router", ["ready", "ref"]],
      ],
    );
  });

  it("has the name and version of the package", () => {
    const { name, version } = JSON.parse(committed) as Schema;
    assert.deepEqual({ name, version }, { name: library.name, version: library.version });
    assert.equal(plugin.description, library.description);
  });

  it("is what the plugin serves when Pulumi runs it", async function () {
    this.timeout(60_000);
    assert.deepEqual(JSON.parse(await servedSchema()), JSON.parse(committed));
  });
});

/** Starts the plugin with Pulumi's own runner, which prints the port it serves on. */
async function servedSchema(): Promise<string> {
  const runner = join(root, "node_modules/@pulumi/pulumi/cmd/run-plugin");
  const engineAddress = "127.0.0.1:1"; // nothing to log to
  const running = spawn(process.execPath, [runner, ".", engineAddress], { cwd: join(root, "plugin") });
  try {
    const port = await firstLine(running.stdout);
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    return await new Promise((resolve, reject) => {
      client.getSchema(new GetSchemaRequest(), (error, response) => {
        client.close();
        if (error === null) resolve(response.getSchema());
        else reject(error);
      });
    });
  } finally {
    running.kill();
  }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error("the plugin ended without a word");
}
