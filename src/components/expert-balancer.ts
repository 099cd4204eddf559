import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expertPlacementConfigMap } from "../manifests/config-map";
import type { ExpertPlacementRef } from "../refs";
import type { ExpertBalancerArgs } from "./expert-args";
import { publish, type Publication } from "./expert-publication";
import { customObject } from "./custom-object";
import { bindRef, resourcesOf, whenReady } from "./ref-resources";
import { accepted, outputProblems, refuseIfAny, warn } from "./refusal";

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
    const { file, ref, rule, warnings, notes } = checkedPublication(name, args);
    super("pulumi-nvl72:index:ExpertBalancer", name, told(args), opts);
    warn(this, warnings);
    for (const note of notes) void pulumi.log.info(note, this);

    const configMap = new k8s.core.v1.ConfigMap(`${name}-placement`, expertPlacementConfigMap(file), {
      parent: this,
      dependsOn: resourcesOf(args.domain),
    });
    if (rule !== undefined) {
      customObject(`${name}-drift`, rule, { parent: this, dependsOn: resourcesOf(args.domain) });
    }
    this.ref = ref;
    bindRef(this.ref, [configMap]);
    this.ready = whenReady([configMap]);
    this.registerOutputs({ ref: this.ref, ready: this.ready });
  }
}

function checkedPublication(name: string, args: ExpertBalancerArgs): Publication {
  refuseIfAny(name, outputProblems(args, []));
  return accepted(name, publish(name, args));
}

/**
 * What the state says of the arguments. A recording is thousands of numbers, and its placement's hash says whether it
 * changed; a path from a machine's root would be a change on every other machine.
 */
function told(args: ExpertBalancerArgs): pulumi.Inputs {
  const { recordingFile: file } = args;
  const relative = file && path.relative(process.cwd(), file).split(path.sep).join("/");
  return { ...args, recording: undefined, ...(relative === undefined ? {} : { recordingFile: relative }) };
}
