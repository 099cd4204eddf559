import * as pulumi from "@pulumi/pulumi";
import type { PoolRef } from "../refs";
import { checkEnginePool, emitEnginePool } from "./engine-pool";
import type { PrefillPoolArgs } from "./pool-args";
import { prefillIntent } from "./pool-intent";
import { bindRef, whenReady } from "./ref-resources";
import { warn } from "./refusal";

/**
 * Computes prompts and hands their KV to decode. Owns a LeaderWorkerSet and the Service of its leaders, or contributes a
 * role to the object that the router makes (Ray Serve, Dynamo); and a disruption budget and the network policy of its
 * ports.
 *
 * @throws RunError naming every argument that cannot work on the rack.
 */
export class PrefillPool extends pulumi.ComponentResource {
  /** Plain data for routers and other stacks; known at preview. */
  public readonly ref: PoolRef;
  /** True once all workers are up. */
  public readonly ready: pulumi.Output<boolean>;

  constructor(name: string, args: PrefillPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    const design = checkEnginePool(name, args, prefillIntent);
    super("pulumi-nvl72:index:PrefillPool", name, args, opts);
    warn(this, design.warnings);

    const resources = emitEnginePool(this, name, args, design);
    this.ref = design.ref;
    bindRef(this.ref, resources);
    this.ready = whenReady(resources);
    this.registerOutputs({ ref: this.ref, ready: this.ready });
  }
}
