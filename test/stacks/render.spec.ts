import assert from "node:assert/strict";
import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import { parseAllDocuments } from "yaml";
import { readStackFiles } from "../../stacks/stack-files";
import { renderDirectory } from "../../cli/render";
import { ClientDomain, DecodePool, ExpertBalancer, PrefillPool, Router } from "../../src/index";
import { balancerArgs, decodeArgs, domainArgs, prefillArgs, routerArgs } from "../../stacks/client-args";
import { planClientStack } from "../../stacks/client-plan";
import { createdObjects, onTheWire } from "../support/created-objects";
import { runProgram } from "../support/registration-harness";

const directory = path.join(__dirname, "../../stacks");

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const identity = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;

/** What the components of a client ask Kubernetes for. */
async function createdByComponents(client: string): Promise<ReadonlyMap<string, object>> {
  const stack = readStackFiles(directory).clients.find(({ config }) => config.client === client);
  assert.ok(stack);
  const { share } = stack;
  const { config } = planClientStack(stack.config, share, directory);
  assert.ok(config);
  const run = await runProgram(() => {
    const opts: { provider?: k8s.Provider } = {};
    const domain = new ClientDomain(client, domainArgs(config, share), opts);
    const experts = new ExpertBalancer(`${client}-experts`, balancerArgs(config, domain.ref, directory), opts);
    const prefill = new PrefillPool(`${client}-prefill`, prefillArgs(config, domain.ref), opts);
    const decode = new DecodePool(`${client}-decode`, decodeArgs(config, domain.ref, experts.ref), opts);
    new Router(`${client}-router`, routerArgs(config, domain.ref, prefill.ref, decode.ref), opts);
  });
  const objects = Object.values(createdObjects(run)).map((object) => {
    const manifest = object as Manifest;
    // Pulumi names it, and `render` has to.
    if (manifest.kind !== "ComputeDomain") return manifest;
    return { ...manifest, metadata: { ...manifest.metadata, name: client } };
  });
  return new Map(objects.map((object) => [identity(object), onTheWire(object)]));
}

describe("rendered manifests", () => {
  const rendered = parseAllDocuments(renderDirectory(directory)).map((document) => document.toJS() as Manifest);

  for (const client of ["client1", "client2"]) {
    it(`of ${client} are what its components create, object for object`, async () => {
      const created = await createdByComponents(client);
      const ours = rendered.filter(
        ({ kind, metadata }) => metadata.namespace === client || (kind === "Namespace" && metadata.name === client),
      );
      assert.deepEqual(new Map(ours.map((object) => [identity(object), onTheWire(object)])), created);
      assert.equal(created.size, 22);
    });
  }

  it("put a namespace before what is in it", () => {
    const order = rendered.map(({ kind, metadata }) =>
      kind === "Namespace" ? metadata.name : (metadata.namespace ?? ""),
    );
    for (const client of ["client1", "client2"]) assert.equal(rendered[order.indexOf(client)]?.kind, "Namespace");
  });

  it("are the same bytes every time", () => assert.equal(renderDirectory(directory), renderDirectory(directory)));
});
