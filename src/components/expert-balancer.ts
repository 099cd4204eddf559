import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expertPlacementConfigMap } from "../manifests/config-map";
import type { DomainRef, ExpertPlacementRef } from "../refs";
import { publish, type Publication } from "./expert-publication";
import { bindRef, resourcesOf, whenReady } from "./ref-resources";
import { outputProblems, refuseIfAny } from "./refusal";

/** Who decides where experts sit. */
export const BalancingMode = { Off: "off", Static: "static", Dynamic: "dynamic" } as const;
export type BalancingMode = (typeof BalancingMode)[keyof typeof BalancingMode];

/**
 * Where a pool's experts sit.
 *
 * @example
 * const balancer = new ExpertBalancer("client1-decode-experts", {
 *   domain: domain.ref, preset: "deepseek-r1-nvfp4", mode: "static", redundantExperts: 32,
 *   expertParallelSize: 32, recordingFile: "client1.experts.json",
 * });
 */
export interface ExpertBalancerArgs {
  /** The client's domain: `ref` of a ClientDomain. */
  domain: DomainRef;
  /** Checkpoint whose experts are placed, as in a pool's model. */
  preset: string;
  /**
   * `static`: the placement is computed from a recording, published, and loaded at start; a new recording rolls the pool.
   * `dynamic`: the engine moves experts while it runs, which takes memory and time from it. `off`: trivial order.
   */
  mode: BalancingMode;
  /** Replicas of hot experts beyond one of each. With the ranks it decides slots and weights per GPU. Default 0. Rolls. */
  redundantExperts?: number;
  /** Ranks of the pool the placement is for: its GPUs per worker. Needed with `static`. Changing it rolls the pool. */
  expertParallelSize?: number;
  /** JSON file of a recording, read at preview. With `static`, this or `recording`. */
  recordingFile?: string;
  /** Tokens per layer and expert, every layer of the model, zeros for dense ones. With `static`, this or the file. */
  recording?: number[][];
}

/**
 * Computes where experts sit, publishes it in the engine's own format under a name that carries its content, and gives
 * pools a `ref` to it. A new recording is a new name, and so rolls the pool.
 *
 * @throws RunError naming every argument that cannot work.
 */
export class ExpertBalancer extends pulumi.ComponentResource {
  /** Plain data for pools; known at preview. */
  public readonly ref: ExpertPlacementRef;
  /** True once the placement is published. */
  public readonly ready: pulumi.Output<boolean>;

  constructor(name: string, args: ExpertBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    const { file, ref } = checkedPublication(name, args);
    // A recording is thousands of numbers; its placement's hash says whether it changed.
    super("pulumi-nvl72:index:ExpertBalancer", name, { ...args, recording: undefined }, opts);

    const configMap = new k8s.core.v1.ConfigMap(`${name}-placement`, expertPlacementConfigMap(file), {
      parent: this,
      dependsOn: resourcesOf(args.domain),
    });
    this.ref = ref;
    bindRef(this.ref, [configMap]);
    this.ready = whenReady([configMap], pulumi.output);
    this.registerOutputs({ ref: this.ref, ready: this.ready });
  }
}

function checkedPublication(name: string, args: ExpertBalancerArgs): Publication {
  refuseIfAny(name, outputProblems(args, []));
  const published = publish(name, args);
  if ("publication" in published) return published.publication;
  refuseIfAny(name, published.problems);
  throw new Error("unreachable: refused without a problem");
}
