import type { types } from "@pulumi/kubernetes";
import type { RackShape } from "../plan/rack";
import type { DomainRef } from "../refs";
import { computeDomain, type AllocationMode, type ComputeDomain } from "./compute-domain";
import { clientLabels } from "./labels";
import { clientNamespace } from "./namespace";
import { allowDns, defaultDeny } from "./network-policy";
import { gpuQuota } from "./resource-quota";
import { serviceAccount } from "./service-account";

/** Everything a client owns on the cluster before its pools. */
export interface DomainObjects {
  readonly namespace: types.input.core.v1.Namespace;
  /** Absent where no NVLink domain spans the trays. */
  readonly domain?: ComputeDomain;
  readonly quota: types.input.core.v1.ResourceQuota;
  readonly account: types.input.core.v1.ServiceAccount;
  readonly deny: types.input.networking.v1.NetworkPolicy;
  readonly dns: types.input.networking.v1.NetworkPolicy;
}

export function domainObjects(ref: DomainRef, channels: AllocationMode, rack: RackShape): DomainObjects {
  const { client, namespace } = ref;
  return {
    namespace: clientNamespace(client, namespace),
    ...(rack.nvlinkDomain ? { domain: computeDomain(client, namespace, channels) } : {}),
    quota: gpuQuota(client, namespace, ref.trays, rack),
    account: serviceAccount(ref.engineServiceAccount, namespace, clientLabels(client)),
    deny: defaultDeny(client, namespace),
    dns: allowDns(client, namespace),
  };
}
