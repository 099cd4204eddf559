import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { checkClaimTemplateName } from "../manifests/compute-domain";
import { domainObjects } from "../manifests/domain-objects";
import { checkObjectName } from "../manifests/object-name";
import { findRack, hardwareNames, rackNamed } from "../plan/rack";
import type { Problem } from "../problems";
import type { DomainRef } from "../refs";
import { customObject } from "./custom-object";
import type { ClientDomainArgs } from "./domain-args";
import { domainRef } from "./domain-ref";
import { bindRef, whenReady } from "./ref-resources";
import { outputProblems, refuseIfAny } from "./refusal";

/**
 * A client's namespace with its NVLink domain, GPU quota and a network that is closed until pools open it. Prefill and
 * decode of one client share one ComputeDomain, and two clients never share a tray.
 *
 * @throws RunError naming every argument that cannot work.
 */
export class ClientDomain extends pulumi.ComponentResource {
  /** Plain data for pools and routers; known at preview. */
  public readonly ref: DomainRef;
  /** True once the domain is accepted by its controller. */
  public readonly ready: pulumi.Output<boolean>;

  constructor(name: string, args: ClientDomainArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseIfAny(name, checkDomain(args));
    super("pulumi-nvl72:index:ClientDomain", name, args, opts);

    const ref = domainRef(args);
    const objects = domainObjects(ref, args.channels ?? "Single", rackNamed(ref.hardware));
    const space = new k8s.core.v1.Namespace(`${name}-namespace`, objects.namespace, { parent: this });
    const inside = { parent: this, dependsOn: [space] };
    // The spec is immutable, hence replaced; its name is Pulumi's, so that the new one exists before the old one goes.
    const domain =
      objects.domain && customObject(`${name}-domain`, objects.domain, { ...inside, replaceOnChanges: ["spec"] });
    const quota = new k8s.core.v1.ResourceQuota(`${name}-quota`, objects.quota, inside);
    const account = new k8s.core.v1.ServiceAccount(`${name}-engine`, objects.account, inside);
    const deny = new k8s.networking.v1.NetworkPolicy(`${name}-default-deny`, objects.deny, inside);
    const dns = new k8s.networking.v1.NetworkPolicy(`${name}-dns`, objects.dns, inside);

    const resources = [space, ...(domain === undefined ? [] : [domain]), quota, account, deny, dns];
    bindRef(ref, resources);
    this.ref = ref;
    this.ready = whenReady(resources);
    this.registerOutputs({ ref: this.ref, ready: this.ready });
  }
}

function checkDomain(args: ClientDomainArgs): readonly Problem[] {
  const problems: Problem[] = [...outputProblems(args, [])];
  if (problems.length > 0) return problems;
  problems.push(...checkObjectName("client", args.client, 40));
  if (args.namespace !== undefined) problems.push(...checkObjectName("namespace", args.namespace));
  const rack = findRack(args.hardware ?? "gb200-nvl72");
  if (rack === undefined) {
    problems.push({
      path: "hardware",
      what: `${args.hardware ?? ""} is not known`,
      rule: "sizes, memory and placement follow from the hardware",
      fix: hardwareNames.join(", "),
    });
  } else if (!Number.isInteger(args.trays) || args.trays < 1 || args.trays > rack.trays) {
    problems.push({
      path: "trays",
      what: `${args.trays} trays`,
      rule: `a client has at least one tray and the ${rack.name} has ${rack.trays}`,
      fix: `1 to ${rack.trays}`,
    });
  }
  return [...problems, ...checkClaimTemplateName(args.client)];
}
