import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DecodePool, ExpertBalancer, type ExpertBalancerArgs, type ExpertPlacementRef } from "../../src/index";
import { decodeArgs, staticBalancerArgs } from "../support/component-args";
import { created, createdObjects } from "../support/created-objects";
import { drifted } from "../support/expert-histogram";
import { runProgram, type Run } from "../support/registration-harness";

const name = "client1-experts";

describe("an expert balancer whose recording says what runs", () => {
  const directory = mkdtempSync(join(tmpdir(), "nvl72-recorded-"));
  after(() => {
    rmSync(directory, { recursive: true });
  });

  /** Publishes what a recording file asks for, made while that placement ran. */
  async function publishRecorded(
    counts: readonly (readonly number[])[],
    physicalToLogical: readonly (readonly number[])[],
    changes: Partial<ExpertBalancerArgs> = {},
  ): Promise<Run<ExpertPlacementRef>> {
    const recordingFile = join(directory, "client1.experts.json");
    const placement = { ranks: 32, physicalToLogical };
    writeFileSync(recordingFile, JSON.stringify({ model: "R1", layers: 61, experts: 256, counts, placement }));
    return balance({ ...staticBalancerArgs(1), recording: undefined, recordingFile, ...changes });
  }

  const counts = staticBalancerArgs(1).recording ?? [];
  let first: Run<ExpertPlacementRef>;
  let placed: readonly (readonly number[])[];
  before(async () => {
    first = await balance(staticBalancerArgs(1));
    placed = placementOf(created(first, `${name}-placement`).inputs.data);
  });

  it("publishes the same under the same name, and rolls nobody, when what it published is recorded", async () => {
    const again = await publishRecorded(counts, placed);
    assert.deepEqual(created(again, `${name}-placement`).inputs, created(first, `${name}-placement`).inputs);
    const { configMap, movedExperts, balancednessBefore, balancednessAfter } = again.result;
    assert.deepEqual(
      [configMap, movedExperts, balancednessBefore, balancednessAfter],
      [first.result.configMap, 0, first.result.balancednessAfter, first.result.balancednessAfter],
    );
    const pool = async ({ result: experts }: Run<ExpertPlacementRef>): Promise<string> => {
      const run = await runProgram(() => new DecodePool("client1-decode", decodeArgs({ experts })));
      return created(run, "client1-decode-workers").text;
    };
    assert.equal(await pool(again), await pool(first));
  });

  it("keeps it byte for byte while another gains less than a hundredth, and says what it still balances", async () => {
    const kept = await publishRecorded(drifted(counts, 0.005, 7), placed);
    assert.equal(kept.result.configMap, first.result.configMap);
    assert.deepEqual(created(kept, `${name}-placement`).inputs.data, created(first, `${name}-placement`).inputs.data);
    assert.equal(kept.result.movedExperts, 0);
    assert.equal(kept.result.balancednessBefore, kept.result.balancednessAfter);
    assert.ok(kept.result.balancednessAfter < first.result.balancednessAfter);
  });

  it("changes it for a smaller gain where that is asked for", async () => {
    const changed = await publishRecorded(drifted(counts, 0.005, 7), placed, { leastGain: 0.001 });
    assert.notEqual(changed.result.configMap, first.result.configMap);
    assert.ok(changed.result.movedExperts > 0);
    assert.ok(changed.result.balancednessAfter > changed.result.balancednessBefore);
  });

  it("changes it where the traffic has become another, and says what is better", async () => {
    const changed = await publishRecorded(drifted(counts, 0.2, 7), placed);
    const { configMap, balancednessBefore, balancednessAfter, movedExperts } = changed.result;
    assert.notEqual(configMap, first.result.configMap);
    assert.ok(balancednessAfter > balancednessBefore * 1.01 && movedExperts > 0);
    assert.ok(movedExperts < first.result.movedExperts);
    const kept = await publishRecorded(drifted(counts, 0.2, 7), placed, { leastGain: 1 });
    assert.equal(kept.result.configMap, first.result.configMap);
  });

  it("does not keep it in a pool of another size", async () => {
    const larger = { redundantExperts: 64, expertParallelSize: 32, leastGain: 1000 };
    const grown = await publishRecorded(counts, placed, larger);
    const rows = placementOf(created(grown, `${name}-placement`).inputs.data);
    assert.ok(rows.every((row) => row.length === 320));
  });
});

describe("an expert balancer with a claim for recordings", () => {
  it("tells its pool, and publishes nothing else than without", async () => {
    const recordable = await balance({ ...staticBalancerArgs(1), recordingsClaim: "recordings" });
    const without = await balance(staticBalancerArgs(1));
    assert.deepEqual(recordable.result, { ...without.result, recordingsClaim: "recordings" });
    assert.deepEqual(createdObjects(recordable), createdObjects(without));
  });
});

function balance(args: ExpertBalancerArgs): Promise<Run<ExpertPlacementRef>> {
  return runProgram(() => new ExpertBalancer(name, args).ref);
}

function placementOf(data: unknown): readonly (readonly number[])[] {
  const { "placement.json": text } = data as { "placement.json": string };
  return (JSON.parse(text) as { physical_to_logical_map: number[][] }).physical_to_logical_map;
}
