import { claimTemplateName } from "../manifests/compute-domain";
import { refVersion, type DomainRef } from "../refs";
import type { ClientDomainArgs } from "./domain-args";

/** The ref of a domain, from its arguments alone. */
export function domainRef(args: ClientDomainArgs): DomainRef {
  return {
    version: refVersion,
    client: args.client,
    namespace: args.namespace ?? args.client,
    claimTemplate: claimTemplateName(args.client, args.channels ?? "Single"),
    trays: args.trays,
    engineServiceAccount: "engine",
    ...(args.priorityClass === undefined ? {} : { priorityClass: args.priorityClass }),
    ...(args.routerPriorityClass === undefined ? {} : { routerPriorityClass: args.routerPriorityClass }),
    monitoringNamespace: args.monitoringNamespace ?? "monitoring",
  };
}
