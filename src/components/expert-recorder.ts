import * as k8s from "@pulumi/kubernetes";
import { Command } from "@pulumi/command/local/command";
import * as pulumi from "@pulumi/pulumi";
import { recorderNetworkPolicy } from "../manifests/recording-job";
import { fetchRecordingScript } from "./fetch-recording-script";
import type { ExpertRecorderArgs } from "./recorder-args";
import { designRecorder, type RecorderDesign } from "./recorder-design";
import { resourcesOf } from "./ref-resources";
import { accepted, outputProblems, refuseIfAny, warn } from "./refusal";

/**
 * Records a running pool with a Job in the client's namespace, once for every new `run`, and puts the result into a file
 * beside the program; the next preview computes a placement from it. The pool goes on serving, whatever happens to the
 * recording: a failed one leaves the file as it was, and an interrupted `up` finds its Job again.
 *
 * Needs `node` and `kubectl` where `pulumi up` runs. kubectl asks the cluster of `context`, whatever provider the component
 * is given.
 *
 * @throws RunError naming every argument that cannot work.
 */
export class ExpertRecorder extends pulumi.ComponentResource {
  /** What was measured and how well, as JSON: windows, error, balance, and whether the placement keeps its promise. */
  public readonly summary: pulumi.Output<string>;

  constructor(name: string, args: ExpertRecorderArgs, opts?: pulumi.ComponentResourceOptions) {
    const { input, warnings } = checkedDesign(name, args);
    super("pulumi-nvl72:index:ExpertRecorder", name, args, opts);
    warn(this, warnings);

    const { pool } = args;
    const policy = recorderNetworkPolicy(name, pool.namespace, pool.client, pool.httpPort);
    const network = new k8s.networking.v1.NetworkPolicy(`${name}-network`, policy, {
      parent: this,
      dependsOn: resourcesOf(args.domain),
    });
    const command = new Command(
      `${name}-run`,
      {
        create: fetchRecordingScript,
        // Only another `run` records: a new version of this library, or of a number below it, must not.
        update: keepSummary,
        interpreter: ["node", "-e"],
        stdin: JSON.stringify(input),
        triggers: [args.run],
        logging: "stderr",
      },
      {
        parent: this,
        dependsOn: [...resourcesOf(args.domain, args.experts, pool), network],
        customTimeouts: { create: `${input.waitSeconds + lastWordsSeconds}s` },
      },
    );
    this.summary = command.stdout;
    this.registerOutputs({ summary: this.summary });
  }
}

/**
 * What a command prints becomes its output, that of an update too: every new placement changes what the next Job would
 * be told, and must not empty the summary of the last one (pulumi-command 1.x, commandOutputs.go).
 */
const keepSummary = 'process.stdout.write(process.env.PULUMI_COMMAND_STDOUT ?? "")';

/** For the command to say by itself that it waits no longer. */
const lastWordsSeconds = 60;

function checkedDesign(name: string, args: ExpertRecorderArgs): RecorderDesign {
  refuseIfAny(name, outputProblems(args, []));
  return accepted(name, designRecorder(name, args));
}
