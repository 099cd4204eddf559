import { claimTemplateName } from "../manifests/compute-domain";
import { findRack } from "../plan/rack";
import { refVersion, type DomainRef } from "../refs";
import type { ClientDomainArgs } from "./domain-args";

/** The ref of a domain, from its arguments alone. */
export function domainRef(args: ClientDomainArgs): DomainRef {
  const hardware = args.hardware ?? "gb200-nvl72";
  const joinsDomain = findRack(hardware)?.nvlinkDomain ?? true;
  return {
    version: refVersion,
    client: args.client,
    namespace: args.namespace ?? args.client,
    hardware,
    claimTemplate: joinsDomain ? claimTemplateName(args.client, args.channels ?? "Single") : "",
    trays: args.trays,
    engineServiceAccount: "engine",
    ...(args.priorityClass === undefined ? {} : { priorityClass: args.priorityClass }),
    ...(args.routerPriorityClass === undefined ? {} : { routerPriorityClass: args.routerPriorityClass }),
    monitoringNamespace: args.monitoringNamespace ?? "monitoring",
    platformNamespace: args.platformNamespace ?? "dynamo-system",
    apiServerCidr: args.apiServerCidr ?? "0.0.0.0/0",
  };
}
