import assert from "node:assert/strict";
import { placementFiles } from "../../../src/engines/expert-files";
import { loadBalancer } from "../../../src/engines/trtllm/load-balancer";
import { planned } from "../../support/intents";
import { decode, tep } from "./pools";

const placed = { balancing: "static", redundantExperts: 32, configMap: "recorded", key: "placement.yaml" } as const;

describe("TensorRT-LLM's load balancer", () => {
  it("moves experts at run time, a layer a step", () => {
    assert.deepEqual(loadBalancer(planned(decode())), { num_slots: 288, layer_updates_per_iter: 1 });
  });

  it("replicates without moving where balancing is off", () => {
    const experts = { balancing: "off", redundantExperts: 32 } as const;
    assert.deepEqual(loadBalancer(planned(decode({ experts }))), { num_slots: 288, layer_updates_per_iter: 0 });
  });

  it("is not mentioned where every rank holds its share in the model's order", () => {
    assert.equal(loadBalancer(planned(decode({ experts: { balancing: "off", redundantExperts: 0 } }))), undefined);
    assert.equal(loadBalancer({ ...tep(), parallel: { ...tep().parallel, expert: 1 } }), undefined);
  });

  it("reads a static placement from where it is mounted", () => {
    const plan = planned(decode({ experts: placed }));
    assert.equal(loadBalancer(plan), "/etc/nvl72/experts/placement.yaml");
    assert.deepEqual(placementFiles(plan), [
      { configMap: "recorded", key: "placement.yaml", mountPath: "/etc/nvl72/experts/placement.yaml" },
    ]);
  });
});
