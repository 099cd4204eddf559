import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { componentCases, type ComponentCase } from "../support/component-cases";
import {
  runProgram,
  secretMarker,
  unknownMarker,
  type Registration,
  type Run,
  type RunOptions,
} from "../support/registration-harness";

const project = "urn:pulumi:stack::project::";

describe("every component", () => {
  for (const component of componentCases) {
    describe(component.title, () => {
      let run: Run<unknown>;
      let preview: Run<unknown>;
      before(async () => {
        run = await create(component.create);
        preview = await create(component.create, { firstPreview: true });
      });

      it("is one component of its own type, with at least one object below it", () => {
        const [owner, ...others] = run.registrations.filter(({ custom }) => !custom);
        assert.deepEqual(
          { urn: owner?.urn, others },
          { urn: `${project}pulumi-nvl72:index:${component.class}::${component.name}`, others: [] },
        );
        assert.ok(childrenOf(run).length > 0);
      });

      it("is the parent of everything it creates", () => {
        const parents = new Set(childrenOf(run).map(({ parent }) => parent));
        assert.deepEqual([...parents], [`${project}pulumi-nvl72:index:${component.class}::${component.name}`]);
      });

      it("names what it creates after itself, each once", () => {
        const strangers = childrenOf(run).filter(({ name }) => !name.startsWith(`${component.name}-`));
        assert.deepEqual(strangers, []);
        const urns = run.registrations.map(({ urn }) => urn);
        assert.deepEqual(urns, [...new Set(urns)]);
      });

      it("hands its provider to everything it creates", () => {
        const provider = `${project}pulumi:providers:kubernetes::cluster::cluster-id`;
        assert.deepEqual(new Set(childrenOf(run).map((child) => child.provider)), new Set([provider]));
      });

      it("says once that it is complete, with its ref and whether it is ready", () => {
        assert.deepEqual(
          run.outputs.map(({ urn, outputs }) => ({ urn, keys: Object.keys(outputs), ready: outputs.ready })),
          [
            {
              urn: `${project}pulumi-nvl72:index:${component.class}::${component.name}`,
              keys: ["ready", "ref"],
              ready: true,
            },
          ],
        );
      });

      it("never writes an output where its value belongs", () => {
        for (const { text } of [...run.registrations, ...preview.registrations]) {
          assert.doesNotMatch(text, /Calling \[to(String|JSON)\]|output</i);
        }
      });

      it("knows every input and its ref in a first preview, so that the API server can check it all", () => {
        assert.deepEqual(
          childrenOf(preview).map(({ name, type, inputs }) => ({ name, type, inputs })),
          childrenOf(run).map(({ name, type, inputs }) => ({ name, type, inputs })),
        );
        assert.ok(childrenOf(preview).every(({ inputs }) => !JSON.stringify(inputs).includes(unknownMarker)));
        assert.deepEqual(preview.outputs[0]?.outputs, { ref: run.outputs[0]?.outputs.ref, ready: unknownMarker });
      });

      it("asks for the same things in the same words every time", async () => {
        const again = await create(component.create);
        assert.deepEqual(textsOf(again), textsOf(run));
      });

      it("gives every object a name that can be known, but the ComputeDomain, which Pulumi names", () => {
        const unnamed = childrenOf(run).filter(
          ({ inputs }) => (inputs as unknown as Named).metadata.name === undefined,
        );
        assert.deepEqual(
          unnamed.map(({ type }) => type),
          component.class === "ClientDomain" ? ["kubernetes:resource.nvidia.com/v1beta1:ComputeDomain"] : [],
        );
      });

      it("keeps labels and selectors through changes of everything else", async () => {
        const changed = await create(component.createChanged);
        assert.notDeepEqual(textsOf(changed), textsOf(run));
        assert.deepEqual(childrenOf(changed).map(identityOf), childrenOf(run).map(identityOf));
      });

      it("finishes without a failure", () => {
        assert.deepEqual([...run.failures, ...preview.failures], []);
      });
    });
  }
});

describe("every component that takes an image", () => {
  for (const { title, createWithImage } of componentCases) {
    if (createWithImage === undefined) continue;
    it(`${title} keeps it secret when it is one`, async () => {
      const canary = "registry.example/canary:1.0";
      const run = await create((opts) => createWithImage(pulumi.secret(canary), opts));
      const seen = run.registrations.flatMap(({ name, inputs }) => foundIn(inputs, canary).map((kept) => [name, kept]));
      const owner = run.outputs[0]?.urn.split("::").at(-1);
      const workload = title === "Router" ? "replicas" : "workers";
      assert.deepEqual(seen, [
        [owner, "secret"],
        [`${owner ?? ""}-${workload}`, "secret"],
      ]);
    });

    it(`${title} is otherwise known when it is not known yet`, async () => {
      const run = await create((opts) => createWithImage(new k8s.Provider("unmade").id, opts), {
        firstPreview: true,
      });
      const unknown = childrenOf(run).flatMap(({ name, inputs }) =>
        pathsOf(inputs, unknownMarker).map((p) => [name, p]),
      );
      const owner = run.outputs[0]?.urn.split("::").at(-1) ?? "";
      const template = title === "Router" ? "spec.template" : "spec.leaderWorkerTemplate.workerTemplate";
      assert.deepEqual(unknown, [
        [`${owner}-${title === "Router" ? "replicas" : "workers"}`, `${template}.spec.containers.0.image`],
      ]);
    });
  }
});

function create(make: ComponentCase["create"], options?: RunOptions): Promise<Run<unknown>> {
  return runProgram(() => {
    make({ provider: new k8s.Provider("cluster") });
  }, options);
}

/** Objects that a component created, in an order that does not depend on which request was answered first. */
function childrenOf({ registrations }: Run<unknown>): readonly Registration[] {
  return registrations
    .filter(({ custom, type }) => custom && type !== "pulumi:providers:kubernetes")
    .sort((one, other) => (one.urn < other.urn ? -1 : 1));
}

function textsOf({ registrations }: Run<unknown>): readonly string[] {
  return registrations.map(({ text }) => text).sort();
}

interface Named {
  readonly metadata: { readonly name?: string };
}

interface Labelled {
  readonly metadata: { readonly namespace?: string; readonly labels: object };
  readonly spec?: {
    readonly selector?: object;
    readonly podSelector?: object;
    readonly template?: { readonly metadata: object };
    readonly leaderWorkerTemplate?: { readonly workerTemplate: { readonly metadata: object } };
  };
}

/** What others find an object or its pods by. Changing it is a new object, or pods that nobody finds. */
function identityOf({ urn, inputs }: Registration): string {
  const { metadata, spec } = inputs as unknown as Labelled;
  const pods = spec?.template?.metadata ?? spec?.leaderWorkerTemplate?.workerTemplate.metadata;
  return JSON.stringify([urn, metadata.namespace, metadata.labels, spec?.selector, spec?.podSelector, pods]);
}

/** How a value appears wherever it appears. */
function foundIn(value: unknown, canary: string): readonly ("secret" | "plain")[] {
  if (typeof value === "string") return value.includes(canary) ? ["plain"] : [];
  if (typeof value !== "object" || value === null) return [];
  const [[signature, kind]] = Object.entries(secretMarker) as [[string, string]];
  if ((value as Record<string, unknown>)[signature] === kind) {
    return JSON.stringify(value).includes(canary) ? ["secret"] : [];
  }
  return Object.values(value).flatMap((part) => foundIn(part, canary));
}

function pathsOf(value: unknown, wanted: unknown): readonly string[] {
  if (value === wanted) return [""];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    pathsOf(part, wanted).map((path) => (path === "" ? key : `${key}.${path}`)),
  );
}
