import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
// In a project of your own: from "pulumi-nvl72".
import { ClientDomain, DecodePool, ExpertBalancer, PrefillPool, Router } from "../../src/index";
import { labelled } from "./labelled";

const opts = {
  provider: new k8s.Provider("rack"),
  // What the components have no argument for, a transform can still set, on every object below them.
  transforms: [labelled({ "example.com/cost-center": "inference" })],
};

const workload = {
  model: {
    preset: "deepseek-r1-nvfp4",
    weights: { hostPath: "/mnt/models", path: "DeepSeek-R1-0528-NVFP4-v2" },
  },
  engine: { name: "sglang", version: "0.5.8", image: "lmsysorg/sglang:v0.5.8-cu130" },
  inputTokens: 1024,
  outputTokens: 8192,
};

const domain = new ClientDomain("client1", { client: "client1", trays: 9 }, opts);

const experts = new ExpertBalancer(
  "client1-experts",
  {
    domain: domain.ref,
    preset: workload.model.preset,
    mode: "static",
    redundantExperts: 32,
    expertParallelSize: 32,
    recordingFile: join(__dirname, "synthetic.experts.json"),
  },
  opts,
);

const prefill = new PrefillPool(
  "client1-prefill",
  { ...workload, domain: domain.ref, workers: 1, gpusPerWorker: 4 },
  opts,
);

const decode = new DecodePool(
  "client1-decode",
  { ...workload, domain: domain.ref, workers: 1, gpusPerWorker: 32, batchPerRank: 256, experts: experts.ref },
  opts,
);

const router = new Router(
  "client1-router",
  { domain: domain.ref, prefill: [prefill.ref], decode: [decode.ref], image: "lightseekorg/smg:1.13.0" },
  opts,
);

/** Known at preview; nothing waits for a roll-out to learn where requests go. */
export const endpoint = router.ref.url;
/** Mean load of a GPU's experts over the highest: before and after placing them. */
export const balancedness = [experts.ref.balancednessBefore, experts.ref.balancednessAfter];
export const ready = pulumi.all([prefill.ready, decode.ready, router.ready]).apply((all) => all.every(Boolean));
