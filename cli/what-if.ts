import { allocate, type AllocationOutcome } from "../src/plan/allocate/allocate";
import type { AllocationRequest, Objective } from "../src/plan/allocate/request";
import { allocationRequest, clientDemand, type ClientSizing, type DemandedClient } from "../src/plan/choose-pools";
import { priceTiers } from "../src/plan/cost";
import { engineNames, type PoolIntentCommon } from "../src/plan/intent";
import { findCheckpoint } from "../src/plan/model-shape";
import { kilowattsPerGpu } from "../src/plan/power";
import { gb200Nvl72 } from "../src/plan/rack";
import { usualAcceptedTokens } from "../src/plan/speed/engine-scale";
import type { Workload } from "../src/plan/workload";
import { below, type Problem } from "../src/problems";
import { numberOption, UsageError, wholeOption } from "./terminal";

/** Clients and terms given as flags: a question to the planner without any stack file. */
export interface WhatIf {
  readonly clients: readonly ClientSizing[];
  readonly racks: number;
  readonly objective: Objective;
  readonly prefill: AllocationRequest["prefill"];
  readonly mixedDecode: boolean;
  readonly price: NonNullable<AllocationRequest["price"]>;
}

/** Options of `nvl72 plan` that ask for a plan without stack files. */
export const whatIfOptions = {
  client: { type: "string", multiple: true },
  engine: { type: "string", default: "sglang" },
  preset: { type: "string", default: "deepseek-r1-nvfp4" },
  redundant: { type: "string", default: "auto" },
  drafts: { type: "string", default: "0" },
  tpot: { type: "string" },
  ttft: { type: "string" },
  headroom: { type: "string", default: "0.1" },
  racks: { type: "string", default: "1" },
  objective: { type: "string", default: "share" },
  prefill: { type: "string", default: "separate" },
  "mixed-decode": { type: "boolean", default: false },
  tier: { type: "string", default: "neocloud" },
  billing: { type: "string", default: "tray" },
} as const;

type Values = { readonly [Name in keyof typeof whatIfOptions]?: string | boolean | readonly string[] | undefined };

/** As in a stack file: what is left has to be worth a plan. */
const mostHeadroom = 0.9;

/** @throws {UsageError} for values that make no question. */
export function whatIf(values: Values): WhatIf {
  const text = (name: keyof typeof whatIfOptions): string => String(values[name] ?? "");
  const number = (name: keyof typeof whatIfOptions): number => numberOption("plan", name, text(name));
  const headroom = number("headroom");
  if (headroom > mostHeadroom) throw new UsageError(`nvl72 plan: --headroom ${headroom} is above ${mostHeadroom}`);
  const tier = Object.values(priceTiers).find(({ name }) => name === text("tier"));
  if (tier === undefined) throw notOneOf("tier", text("tier"), Object.keys(priceTiers));
  return {
    clients: (values.client as readonly string[]).map((client) => sizingOf(client, text, number, values)),
    racks: wholeOption("plan", "racks", text("racks"), 1),
    objective: oneOf("objective", text("objective"), ["share", "trays", "cost"] as const),
    prefill: oneOf("prefill", text("prefill"), ["separate", "shared", "either"] as const),
    mixedDecode: values["mixed-decode"] === true,
    price: {
      dollarsPerGpuHour: tier.dollarsPerGpuHour,
      billing: oneOf("billing", text("billing"), ["tray", "rack"] as const),
      kilowattBusyPerGpu: kilowattsPerGpu,
    },
  };
}

/** The planner's answer; problems also where nothing can be predicted. */
export async function answer(question: WhatIf): Promise<AllocationOutcome> {
  const clients: DemandedClient[] = [];
  const problems: Problem[] = [];
  for (const sizing of question.clients) {
    const demanded = clientDemand(sizing, gb200Nvl72);
    if ("problems" in demanded) problems.push(...below(sizing.client, demanded.problems));
    else clients.push(demanded);
  }
  if (problems.length > 0) return { problems, relaxations: [] };
  const { racks, objective, prefill, mixedDecode, price } = question;
  const terms = { trays: gb200Nvl72.trays, rack: gb200Nvl72, racks, objective, prefill, mixedDecode, price };
  return allocate(allocationRequest(clients, terms));
}

function sizingOf(
  given: string,
  text: (name: keyof typeof whatIfOptions) => string,
  number: (name: keyof typeof whatIfOptions) => number,
  values: Values,
): ClientSizing {
  const { name, inputTokens, outputTokens, requestsPerSecond } = readClient(given);
  const checkpoint = findCheckpoint(text("preset"));
  if (checkpoint === undefined) throw new UsageError(`nvl72 plan: --preset ${text("preset")} is not known`);
  const drafts = wholeOption("plan", "drafts", text("drafts"));
  const common: Omit<PoolIntentCommon, "experts"> = {
    client: name,
    checkpoint,
    engine: oneOf("engine", text("engine"), engineNames),
    engineVersion: "any",
    orchestrator: "leader-worker-set",
    workers: 1,
    gpusPerWorker: gb200Nvl72.gpusPerTray,
    attention: "data",
    inputTokens,
    outputTokens,
    kvCacheType: "fp8",
    weights: { path: checkpoint.repository, hostPath: "/models", readGibPerSecond: 5 },
    purpose: "production",
    ...(drafts === 0 ? {} : { speculation: { draftTokens: drafts, acceptedTokens: usualAcceptedTokens(drafts) } }),
  };
  const plansRedundancy = text("redundant") === "auto";
  const redundantExperts = plansRedundancy ? 0 : wholeOption("plan", "redundant", text("redundant"));
  return {
    client: name,
    workload: {
      inputTokens,
      outputTokens,
      ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    },
    slo: {
      ...(values.tpot === undefined ? {} : { tpotMilliseconds: number("tpot") }),
      ...(values.ttft === undefined ? {} : { ttftSeconds: number("ttft") }),
    },
    prefill: {
      ...common,
      role: "prefill",
      tokensPerForwardPerRank: 16384,
      experts: { balancing: "off", redundantExperts: 0 },
    },
    decode: {
      ...common,
      role: "decode",
      batchPerRank: 1,
      experts: { balancing: plansRedundancy || redundantExperts > 0 ? "dynamic" : "off", redundantExperts },
    },
    wanted: { prefill: {}, decode: {} },
    headroom: number("headroom"),
    plansRedundancy,
  };
}

interface GivenClient extends Workload {
  readonly name: string;
}

/** "chat:1024:8192:20". */
function readClient(given: string): GivenClient {
  const [name = "", input = "", output = "", rate, ...others] = given.split(":");
  const [inputTokens, outputTokens, requestsPerSecond] = [input, output, rate ?? "1"].map(Number);
  const sound = name !== "" && others.length === 0 && isCount(inputTokens) && isCount(outputTokens);
  if (!sound || !(requestsPerSecond !== undefined && requestsPerSecond > 0 && Number.isFinite(requestsPerSecond))) {
    throw new UsageError(
      `nvl72 plan: --client ${given} is not NAME:IN:OUT or NAME:IN:OUT:RATE, in tokens and requests/s`,
    );
  }
  return { name, inputTokens, outputTokens, ...(rate === undefined ? {} : { requestsPerSecond }) };
}

function isCount(tokens: number | undefined): tokens is number {
  return Number.isSafeInteger(tokens) && tokens !== undefined && tokens > 0;
}

function oneOf<Choice extends string>(option: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw notOneOf(option, text, choices);
  return found;
}

function notOneOf(option: string, text: string, choices: readonly string[]): UsageError {
  return new UsageError(`nvl72 plan: --${option} ${text} is not one of ${choices.join(", ")}`);
}
