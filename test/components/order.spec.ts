import assert from "node:assert/strict";
import { ClientDomain, DecodePool, ExpertBalancer, Router, parseDomainRef, parsePoolRef } from "../../src/index";
import {
  balancerArgs,
  decodeArgs,
  domainArgs,
  poolRef,
  routerArgs,
  staticBalancerArgs,
} from "../support/component-args";
import { created } from "../support/created-objects";
import { runProgram } from "../support/registration-harness";

const prefix = "urn:pulumi:stack::project::pulumi-nvl72:index:";
const domainUrns = [
  "kubernetes:core/v1:Namespace::client1-namespace",
  "kubernetes:resource.nvidia.com/v1beta1:ComputeDomain::client1-domain",
  "kubernetes:core/v1:ResourceQuota::client1-quota",
  "kubernetes:core/v1:ServiceAccount::client1-engine",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy::client1-default-deny",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy::client1-dns",
].map((object) => `${prefix}ClientDomain$${object}`);

/** A ref is plain data and orders nothing by itself; destroying in the wrong order leaves pods without their domain. */
describe("what is made in one program", () => {
  it("creates a pool after its domain, and destroys it before", async () => {
    const run = await runProgram(() => {
      const domain = new ClientDomain("client1", domainArgs());
      new DecodePool("client1-decode", decodeArgs({ domain: domain.ref }));
    });
    for (const child of ["workers", "leaders", "budget", "network"]) {
      assert.deepEqual(created(run, `client1-decode-${child}`).dependencies, domainUrns);
    }
  });

  it("creates a pool after the placement that it mounts", async () => {
    const run = await runProgram(() => {
      const experts = new ExpertBalancer("client1-experts", staticBalancerArgs(1));
      new DecodePool("client1-decode", decodeArgs({ experts: experts.ref }));
    });
    assert.deepEqual(created(run, "client1-decode-workers").dependencies, [
      `${prefix}ExpertBalancer$kubernetes:core/v1:ConfigMap::client1-experts-placement`,
    ]);
  });

  it("creates a router after its domain and its right to watch pods, and beside the pools", async () => {
    const run = await runProgram(() => {
      const domain = new ClientDomain("client1", domainArgs()).ref;
      const decode = new DecodePool("client1-decode", decodeArgs({ domain })).ref;
      new Router("client1-router", routerArgs({ domain, decode: [decode] }));
    });
    assert.deepEqual(created(run, "client1-router-replicas").dependencies, [
      ...domainUrns,
      ...[
        "kubernetes:core/v1:ServiceAccount::client1-router-account",
        "kubernetes:rbac.authorization.k8s.io/v1:Role::client1-router-discovery",
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::client1-router-discovery",
        "kubernetes:networking.k8s.io/v1:NetworkPolicy::client1-router-network",
      ].map((object) => `${prefix}Router$${object}`),
    ]);
  });

  it("creates a placement after its domain", async () => {
    const run = await runProgram(() => {
      const domain = new ClientDomain("client1", domainArgs()).ref;
      new ExpertBalancer("client1-experts", balancerArgs({ domain, mode: "dynamic" }));
    });
    assert.deepEqual(created(run, "client1-experts-placement").dependencies, domainUrns);
  });
});

describe("what is made in programs of their own", () => {
  it("makes the same pool from a domain's ref that another stack exported", async () => {
    const together = await runProgram(() => {
      const domain = new ClientDomain("client1", domainArgs()).ref;
      new DecodePool("client1-decode", decodeArgs({ domain }));
      return JSON.stringify(domain);
    });
    const exported: unknown = JSON.parse(together.result);
    const alone = await runProgram(() => {
      const domain = parseDomainRef(exported, "output domain of stack client1");
      new DecodePool("client1-decode", decodeArgs({ domain }));
    });
    const workers = created(alone, "client1-decode-workers");
    assert.deepEqual(workers.inputs, created(together, "client1-decode-workers").inputs);
    assert.deepEqual(workers.dependencies, []);
  });

  it("routes to a pool whose ref another stack exported", async () => {
    const exported: unknown = JSON.parse(JSON.stringify(poolRef("decode")));
    const { result } = await runProgram(() => {
      const decode = parsePoolRef(exported, "output decode of stack client1");
      return new Router("client1-router", routerArgs({ decode: [decode] })).ref.url;
    });
    assert.equal(result, "http://client1-router.client1.svc:30000");
  });
});
