import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ClientDomain, DecodePool, ExpertBalancer, ExpertRecorder, PrefillPool, Router } from "../src/index";
import { RefusedError, type Problem } from "../src/problems";
import { parseAllocation, type ClientAllocation } from "../src/refs";
import { summarise, type PlanSummary } from "../src/report/plan-summary";
import { balancerArgs, decodeArgs, domainArgs, ownShare, prefillArgs, routerArgs } from "./client-args";
import { planClientStack } from "./client-plan";
import type { ClientConfig, SizedClientConfig } from "./config";
import { recordingArgs, verificationArgs, type RecorderRefs } from "./recording-args";

/** One client: its domain, experts, pools and router. */
export async function deployClient(stated: ClientConfig, provider: k8s.Provider): Promise<Record<string, unknown>> {
  const share = await grantedShare(stated);
  // Before anything is registered: what both pools do together is seen by no single component.
  const { config, plan } = checkedPlan(stated, share);
  const opts = { provider };
  const { client } = config;

  const domain = new ClientDomain(client, domainArgs(config, share), opts);
  const experts = new ExpertBalancer(`${client}-experts`, balancerArgs(config, domain.ref, __dirname), opts);
  const prefill = new PrefillPool(`${client}-prefill`, prefillArgs(config, domain.ref), opts);
  const decode = new DecodePool(`${client}-decode`, decodeArgs(config, domain.ref, experts.ref), opts);
  const recorded = record(config, { domain: domain.ref, pool: decode.ref, experts: experts.ref }, opts);
  const router = new Router(`${client}-router`, routerArgs(config, domain.ref, prefill.ref, decode.ref), opts);

  return {
    plan,
    endpoint: router.ref.url,
    domain: domain.ref,
    experts: experts.ref,
    prefill: prefill.ref,
    decode: decode.ref,
    router: router.ref,
    ...recorded,
    ready: pulumi.all([domain.ready, prefill.ready, decode.ready, router.ready]).apply((all) => all.every(Boolean)),
  };
}

/**
 * Recordings that are asked for, and what they found, as stack outputs. Their files are named from the folder that commands
 * run in, which is that of the program: a path from the machine's root would differ on the next machine.
 */
function record(
  config: SizedClientConfig,
  refs: RecorderRefs,
  opts: pulumi.ComponentResourceOptions,
): Record<string, pulumi.Output<unknown>> {
  const directory = path.relative(process.cwd(), __dirname);
  const recording = recordingArgs(config, refs, directory);
  const verification = verificationArgs(config, refs, directory);
  const recorder = recording && new ExpertRecorder(`${config.client}-experts-record`, recording, opts);
  // One after the other: a dump empties the engine's only recorder.
  const later = { ...opts, dependsOn: recorder === undefined ? [] : [recorder] };
  const verifier = verification && new ExpertRecorder(`${config.client}-experts-verify`, verification, later);
  return { ...summaryOf("recording", recorder), ...summaryOf("verification", verifier) };
}

function summaryOf(output: string, recorder: ExpertRecorder | undefined): Record<string, pulumi.Output<unknown>> {
  if (recorder === undefined) return {};
  return { [output]: recorder.summary.apply((text) => JSON.parse(text) as unknown) };
}

function checkedPlan(
  stated: ClientConfig,
  share: ClientAllocation,
): { readonly config: SizedClientConfig; readonly plan: PlanSummary } {
  const { config, plan, problems } = planClientStack(stated, share, __dirname);
  if (problems.length > 0 || config === undefined || plan === undefined) {
    throw new RefusedError(stated.client, problems);
  }
  return { config, plan: summarise(plan) };
}

/** The client's trays, from its own configuration or from the rack stack. */
async function grantedShare(config: ClientConfig): Promise<ClientAllocation> {
  const { client, rack, trays } = config;
  if (rack === undefined) return ownShare(client, trays ?? 0);
  const name = rack.includes("/") ? rack : `${pulumi.getOrganization()}/${pulumi.getProject()}/${rack}`;
  const output = await new pulumi.StackReference(name).getOutputDetails("allocation");
  const exported: unknown = output.value;
  if (exported === undefined) throw new RefusedError(client, [noAllocation(name)]);
  const allocation = parseAllocation(exported, `output allocation of stack ${name}`);
  return shareOf(allocation.clients, client, `stack ${name}`);
}

function noAllocation(stack: string): Problem {
  return {
    path: "rack",
    what: `stack ${stack} exports no allocation`,
    rule: "a client's trays are granted by the rack stack, which must be deployed before",
    fix: "pulumi up on that stack first, or set trays here to run alone",
  };
}

/** @throws {RefusedError} when the rack grants nothing to the client. */
function shareOf(clients: readonly ClientAllocation[], client: string, origin: string): ClientAllocation {
  const share = clients.find((candidate) => candidate.client === client);
  if (share !== undefined) return share;
  throw new RefusedError(client, [
    {
      path: "rack",
      what: `${origin} grants nothing to ${client}`,
      rule: `it knows ${clients.map((known) => known.client).join(", ")}`,
      fix: `add ${client} to its clients and deploy it, or set trays here to run alone`,
    },
  ]);
}
