// Prints what our planner answers to one question, as JSON: run in a process of its own, to be timed from its start.
// usage: node tools/run.mjs tools/compare/our-plan.ts CLIENT ENGINE
import { allocate } from "../../src/plan/allocate/allocate";
import type { ModePlan } from "../../src/plan/allocate/plan";
import { allocationRequest, clientDemand } from "../../src/plan/choose-pools";
import { gb200Nvl72 } from "../../src/plan/rack";
import { questions, sizingOf, trays, type Question } from "./question";
import type { Shape } from "./shape";

export interface OurAnswer {
  /** Decode workers of one size. */
  readonly uniform: Shape;
  readonly mixed: Shape;
  /** For the uniform plan with its bound, from the stated clients on, nothing loaded. */
  readonly milliseconds: number;
}

async function main([client, engine]: readonly string[]): Promise<void> {
  const question = questions.find((one) => one.client === client && one.engine === engine);
  if (question === undefined) throw new RangeError(`no question for ${client} with ${engine}`);
  const begun = performance.now();
  const uniform = await plan(question, false);
  const milliseconds = performance.now() - begun;
  const answer: OurAnswer = { uniform, mixed: await plan(question, true), milliseconds };
  process.stdout.write(JSON.stringify(answer));
}

async function plan(question: Question, mixedDecode: boolean): Promise<Shape> {
  const demanded = clientDemand(sizingOf(question), gb200Nvl72);
  if ("problems" in demanded) throw new Error(JSON.stringify(demanded.problems));
  const terms = { trays, rack: gb200Nvl72, objective: "share", mixedDecode } as const;
  const { allocation, problems } = await allocate(allocationRequest([demanded], terms));
  if (allocation === undefined) throw new Error(JSON.stringify(problems));
  return shapeOf(allocation.plan);
}

function shapeOf({ racks }: ModePlan): Shape {
  const pools = racks[0]?.clients[0];
  const prefill = pools?.prefill.groups[0];
  if (pools === undefined || prefill === undefined) throw new RangeError("the plan has no pools");
  return {
    prefill: { workers: prefill.workers, gpusPerWorker: prefill.option.gpus },
    decode: pools.decode.groups.map(({ workers, option }) => ({
      workers,
      gpusPerWorker: option.gpus,
      batchPerRank: option.batchPerRank,
    })),
  };
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
