import * as pulumi from "@pulumi/pulumi";
import type { PoolRef } from "../refs";
import { checkEnginePool, emitEnginePool } from "./engine-pool";
import type { DecodePoolArgs } from "./pool-args";
import { decodeIntent } from "./pool-intent";
import { bindRef, whenReady } from "./ref-resources";
import { warn } from "./refusal";

/**
 * Generates answers from KV that prefill wrote. Owns a LeaderWorkerSet and the Service of its leaders, or contributes a
 * role to the object that the router makes (Ray Serve, Dynamo); and a disruption budget and the network policy of its
 * ports.
 *
 * @throws RunError naming every argument that cannot work on the rack.
 */
export class DecodePool extends pulumi.ComponentResource {
  /** Plain data for routers and other stacks; known at preview. */
  public readonly ref: PoolRef;
  /** True once all workers are up. */
  public readonly ready: pulumi.Output<boolean>;

  constructor(name: string, args: DecodePoolArgs, opts?: pulumi.ComponentResourceOptions) {
    const design = checkEnginePool(name, args, decodeIntent);
    super("pulumi-nvl72:index:DecodePool", name, args, opts);
    warn(this, design.warnings);

    const resources = emitEnginePool(this, name, args, design);
    this.ref = design.ref;
    bindRef(this.ref, resources);
    this.ready = whenReady(resources);
    this.registerOutputs({ ref: this.ref, ready: this.ready });
  }
}
