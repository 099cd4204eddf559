import type * as pulumi from "@pulumi/pulumi";
import { ClientDomain, DecodePool, ExpertBalancer, PrefillPool, Router } from "../../src/index";
import type { RouterArgs } from "../../src/index";
import {
  balancerArgs,
  decodeArgs,
  domain,
  domainArgs,
  poolRefs,
  prefillArgs,
  routerArgs,
  staticBalancerArgs,
} from "./component-args";
import { engineCases, type EngineCase } from "./engine-cases";

type Options = pulumi.ComponentResourceOptions;

/** A component in one of its forms, for what must hold for all of them. */
export interface ComponentCase {
  readonly title: string;
  readonly class: string;
  readonly name: string;
  readonly create: (opts: Options) => pulumi.Resource;
  /** The same component after a change of much that is not its identity. */
  readonly createChanged: (opts: Options) => pulumi.Resource;
  /** With an image that comes as an output, where the component has one. */
  readonly createWithImage?: (image: pulumi.Output<string>, opts: Options) => pulumi.Resource;
}

const name = "client1-decode";
const engine = (image: pulumi.Input<string>): { name: string; version: string; image: pulumi.Input<string> } => ({
  name: "sglang",
  version: "0.5.8",
  image,
});

/** Pools and router of an engine other than the one that all other cases are about. */
function engineComponents({
  title,
  engine: run,
  graphVersion,
  routerImage: image,
}: EngineCase): readonly ComponentCase[] {
  const changed = { workers: 2, gpusPerWorker: 16, resources: { cpuCores: 100, memoryGib: 800 } };
  const routed = (): RouterArgs => ({
    domain,
    ...poolRefs(run),
    ...(graphVersion === undefined ? {} : { graphVersion }),
    ...(image === undefined ? {} : { image }),
  });
  return [
    {
      title: `PrefillPool, ${title}`,
      class: "PrefillPool",
      name: "client1-prefill",
      create: (opts) => new PrefillPool("client1-prefill", prefillArgs({ engine: run }), opts),
      createChanged: (opts) =>
        new PrefillPool("client1-prefill", prefillArgs({ engine: run, workers: 3, drainSeconds: 90 }), opts),
    },
    {
      title: `DecodePool, ${title}`,
      class: "DecodePool",
      name,
      create: (opts) => new DecodePool(name, decodeArgs({ engine: run }), opts),
      createChanged: (opts) => new DecodePool(name, decodeArgs({ engine: run, batchPerRank: 128, ...changed }), opts),
    },
    {
      title: `Router, ${title}`,
      class: "Router",
      name: "client1-router",
      create: (opts) => new Router("client1-router", routed(), opts),
      createChanged: (opts) =>
        new Router("client1-router", { ...routed(), replicas: 5, callerNamespaces: ["gateway"], memoryGib: 16 }, opts),
    },
  ];
}

export const componentCases: readonly ComponentCase[] = [
  ...engineCases.slice(1).flatMap(engineComponents),
  {
    title: "ClientDomain",
    class: "ClientDomain",
    name: "client1",
    create: (opts) => new ClientDomain("client1", domainArgs(), opts),
    createChanged: (opts) =>
      new ClientDomain(
        "client1",
        domainArgs({ trays: 12, channels: "All", priorityClass: "high", monitoringNamespace: "prometheus" }),
        opts,
      ),
  },
  {
    title: "ExpertBalancer off",
    class: "ExpertBalancer",
    name: "client1-experts",
    create: (opts) => new ExpertBalancer("client1-experts", balancerArgs(), opts),
    createChanged: (opts) => new ExpertBalancer("client1-experts", balancerArgs({ redundantExperts: 32 }), opts),
  },
  {
    title: "ExpertBalancer dynamic",
    class: "ExpertBalancer",
    name: "client1-experts",
    create: (opts) => new ExpertBalancer("client1-experts", balancerArgs({ mode: "dynamic" }), opts),
    createChanged: (opts) =>
      new ExpertBalancer("client1-experts", balancerArgs({ mode: "dynamic", redundantExperts: 32 }), opts),
  },
  {
    title: "ExpertBalancer static",
    class: "ExpertBalancer",
    name: "client1-experts",
    create: (opts) => new ExpertBalancer("client1-experts", staticBalancerArgs(1), opts),
    createChanged: (opts) => new ExpertBalancer("client1-experts", staticBalancerArgs(2), opts),
  },
  {
    title: "PrefillPool",
    class: "PrefillPool",
    name: "client1-prefill",
    create: (opts) => new PrefillPool("client1-prefill", prefillArgs(), opts),
    createChanged: (opts) =>
      new PrefillPool(
        "client1-prefill",
        prefillArgs({
          workers: 3,
          tokensPerForwardPerRank: 8192,
          engine: engine("lmsysorg/sglang:v0.5.8.post1-cu130"),
          resources: { cpuCores: 100, memoryGib: 800 },
          nodeSelector: { "nvl72/rack": "rack1" },
        }),
        opts,
      ),
    createWithImage: (image, opts) => new PrefillPool("client1-prefill", prefillArgs({ engine: engine(image) }), opts),
  },
  {
    title: "DecodePool",
    class: "DecodePool",
    name,
    create: (opts) => new DecodePool(name, decodeArgs(), opts),
    createChanged: (opts) =>
      new DecodePool(
        name,
        decodeArgs({
          workers: 2,
          gpusPerWorker: 16,
          batchPerRank: 128,
          engine: engine("lmsysorg/sglang:v0.5.8.post1-cu130"),
          resources: { cpuCores: 100, memoryGib: 800 },
          extraEnv: { NCCL_DEBUG: "INFO" },
        }),
        opts,
      ),
    createWithImage: (image, opts) => new DecodePool(name, decodeArgs({ engine: engine(image) }), opts),
  },
  {
    title: "Router",
    class: "Router",
    name: "client1-router",
    create: (opts) => new Router("client1-router", routerArgs(), opts),
    createChanged: (opts) =>
      new Router(
        "client1-router",
        routerArgs({
          image: "lightseekorg/smg:1.13.1",
          replicas: 3,
          decodePolicy: "round_robin",
          callerNamespaces: ["gateway"],
          memoryGib: 16,
        }),
        opts,
      ),
    createWithImage: (image, opts) => new Router("client1-router", routerArgs({ image }), opts),
  },
];
