import type { types } from "@pulumi/kubernetes";
import type { RoutedPools } from "../engines/agreement";
import type { RouterPlacement } from "../manifests/placement";
import type { RouterObjects } from "../manifests/router-objects";
import type { Problem } from "../problems";
import type { PoolRef, RoleContribution } from "../refs";
import type { CustomObject } from "./custom-object";
import type { RouterArgs } from "./router-args";

/** What the two kinds of entrance are made from. */
export interface EntranceQuestion {
  readonly args: RouterArgs;
  readonly pools: RoutedPools;
  readonly placement: RouterPlacement;
  readonly patienceSeconds: number;
}

/** Replicas of a proxy that finds the pools' workers by their labels. */
export interface ProxyDesign {
  readonly kind: "proxy";
  readonly objects: RouterObjects;
  readonly service: string;
  readonly port: number;
  readonly metricsPort: number;
}

/** The one object that holds all roles of a client, and what its entrance needs beside it. */
export interface GraphDesign {
  readonly kind: "graph";
  readonly account: types.input.core.v1.ServiceAccount;
  readonly graph: CustomObject;
  readonly policies: readonly types.input.networking.v1.NetworkPolicy[];
  /** Fields that cannot be changed on a running object: it is deleted and made anew. */
  readonly replaceOnChanges: readonly string[];
  readonly service: string;
  readonly port: number;
  readonly metricsPort: number;
}

/** An entrance to make, or all that is wrong with what it was to be made from. */
export type Designed<Entrance extends GraphDesign | ProxyDesign> =
  { readonly entrance: Entrance; readonly warnings: readonly Problem[] } | { readonly problems: readonly Problem[] };

/** Of a pool that `checkContributions` has no problem with. */
export function contributionOf({ name, contribution }: PoolRef): RoleContribution {
  if (contribution === undefined) throw new Error(`unchecked contribution of ${name}`);
  return contribution;
}
