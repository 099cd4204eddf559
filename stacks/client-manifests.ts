import { domainRef } from "../src/components/domain-ref";
import { publish } from "../src/components/expert-publication";
import { designPool, type DesignedPool } from "../src/components/pool-design";
import { decodeIntent, prefillIntent } from "../src/components/pool-intent";
import { designRouter, type RouterDesign } from "../src/components/router-design";
import { expertPlacementConfigMap } from "../src/manifests/config-map";
import { domainObjects } from "../src/manifests/domain-objects";
import { rackNamed } from "../src/plan/rack";
import type { Problem } from "../src/problems";
import type { ClientAllocation, DomainRef, ExpertPlacementRef } from "../src/refs";
import { balancerArgs, decodeArgs, domainArgs, prefillArgs, routerArgs } from "./client-args";
import { planClientStack } from "./client-plan";
import type { ClientConfig, SizedClientConfig } from "./config";

export type RenderedClient = { readonly manifests: readonly object[] } | { readonly problems: readonly Problem[] };

/** The objects of a client's stack, in the order in which they can be created. Pure. */
export function clientManifests(stated: ClientConfig, share: ClientAllocation, directory: string): RenderedClient {
  const { config, problems } = planClientStack(stated, share, directory);
  if (problems.length > 0 || config === undefined) return { problems };
  const args = domainArgs(config, share);
  const domain = domainRef(args);
  const published = publish(`${config.client}-experts`, balancerArgs(config, domain, directory));
  if ("problems" in published) return published;
  const {
    namespace,
    domain: compute,
    ...inside
  } = domainObjects(domain, args.channels ?? "Single", rackNamed(config.hardware));
  const served = serving(config, domain, published.design.ref);
  if ("problems" in served) return served;
  return {
    manifests: [
      namespace,
      // Pulumi names the ComputeDomain itself; without it the client's name serves.
      ...(compute === undefined ? [] : [{ ...compute, metadata: { name: config.client, ...compute.metadata } }]),
      ...Object.values(inside),
      expertPlacementConfigMap(published.design.file),
      ...(published.design.rule === undefined ? [] : [published.design.rule]),
      ...served.manifests,
    ],
  };
}

function serving(config: SizedClientConfig, domain: DomainRef, experts: ExpertPlacementRef): RenderedClient {
  const { client } = config;
  const prefill = designPool(`${client}-prefill`, prefillArgs(config, domain), prefillIntent);
  const decode = designPool(`${client}-decode`, decodeArgs(config, domain, experts), decodeIntent);
  if (!("design" in prefill && "design" in decode))
    return { problems: [...problemsOf(prefill), ...problemsOf(decode)] };
  const router = designRouter(`${client}-router`, routerArgs(config, domain, prefill.design.ref, decode.design.ref));
  if ("problems" in router) return router;
  const pools = [prefill, decode].flatMap(({ design }) => Object.values(design.objects) as object[]);
  return { manifests: [...pools, ...entranceManifests(router.design.entrance)] };
}

function entranceManifests(entrance: RouterDesign["entrance"]): readonly object[] {
  if (entrance.kind === "graph") return [entrance.account, ...entrance.policies, entrance.graph];
  const { account, role, binding, ...rest } = entrance.objects;
  return [account, role, binding, ...(Object.values(rest) as object[])];
}

function problemsOf(pool: DesignedPool): readonly Problem[] {
  return "problems" in pool ? pool.problems : [];
}
