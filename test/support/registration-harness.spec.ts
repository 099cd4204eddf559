import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { refusalOf, runProgram, secretMarker, unknownMarker } from "./registration-harness";

/** The harness is what all tests of components trust, so it is held to what it promises. */
describe("the registration harness", () => {
  it("keeps what mocks hide: parent, dependencies, provider, timeouts", async () => {
    const { registrations } = await runProgram(() => {
      const provider = new k8s.Provider("cluster");
      const owner = new pulumi.ComponentResource("test:index:Owner", "owner", {}, { provider });
      const first = new k8s.core.v1.ConfigMap("first", {}, { parent: owner });
      new k8s.core.v1.ConfigMap(
        "second",
        { data: { key: "value" } },
        { parent: owner, dependsOn: first, customTimeouts: { create: "5m" } },
      );
    });
    const second = registrations.find(({ name }) => name === "second");
    const prefix = "urn:pulumi:stack::project::";
    assert.deepEqual(second && { ...second, text: undefined, aliases: undefined }, {
      urn: `${prefix}test:index:Owner$kubernetes:core/v1:ConfigMap::second`,
      type: "kubernetes:core/v1:ConfigMap",
      name: "second",
      custom: true,
      parent: `${prefix}test:index:Owner::owner`,
      inputs: { apiVersion: "v1", kind: "ConfigMap", data: { key: "value" } },
      dependencies: [`${prefix}test:index:Owner$kubernetes:core/v1:ConfigMap::first`],
      provider: `${prefix}pulumi:providers:kubernetes::cluster::cluster-id`,
      providers: {},
      customTimeouts: { create: "5m", update: "", delete: "" },
      deleteBeforeReplace: false,
      replaceOnChanges: [],
      text: undefined,
      aliases: undefined,
    });
  });

  it("marks secrets, and in a first preview what follows from things that do not exist", async () => {
    const { registrations } = await runProgram(
      () => {
        const first = new k8s.core.v1.ConfigMap("first", {});
        new k8s.core.v1.ConfigMap("second", { data: { id: first.id, token: pulumi.secret("canary") } });
      },
      { firstPreview: true },
    );
    assert.deepEqual(registrations.at(-1)?.inputs.data, {
      id: unknownMarker,
      token: { ...secretMarker, value: "canary" },
    });
  });

  it("calls transforms for a component and for all below it", async () => {
    const { registrations } = await runProgram(() => {
      const mark: pulumi.ResourceTransform = ({ props, custom }) => ({
        props: custom ? { ...(props as object), immutable: true } : props,
        opts: {},
      });
      const owner = new pulumi.ComponentResource("test:index:Owner", "owner", {}, { transforms: [mark] });
      new k8s.core.v1.ConfigMap("below", {}, { parent: owner });
      new k8s.core.v1.ConfigMap("beside", {});
    });
    assert.deepEqual(
      registrations.filter(({ custom }) => custom).map(({ name, inputs }) => [name, inputs.immutable]),
      [
        ["beside", undefined],
        ["below", true],
      ],
    );
  });

  it("fails when a resource is made in an apply", async () => {
    await assert.rejects(
      runProgram(() => {
        new k8s.core.v1.ConfigMap("early").id.apply((id) => new k8s.core.v1.ConfigMap(`${id}-late`));
      }),
      {
        message:
          "registered after everything was said to be done: " +
          "urn:pulumi:stack::project::kubernetes:core/v1:ConfigMap::early-id-late",
      },
    );
  });

  it("reports what fails on its way into a resource", async () => {
    const { failures } = await runProgram(() => {
      const data = pulumi.output("value").apply((): string => {
        throw new pulumi.RunError("not today");
      });
      new k8s.core.v1.ConfigMap("never", { data: { data } });
    });
    assert.deepEqual(
      failures.map(({ message }) => message),
      ['error serializing property "data": not today'],
    );
  });

  it("does not take a component for refused that was registered first", async () => {
    await assert.rejects(
      refusalOf(() => {
        new pulumi.ComponentResource("test:index:Owner", "owner");
        throw new pulumi.RunError("too late");
      }),
      { message: "refused after urn:pulumi:stack::project::test:index:Owner::owner" },
    );
  });
});
