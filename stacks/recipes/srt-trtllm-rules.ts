import { checkpoints, type CheckpointPreset } from "../../src/plan/model-shape";
import type { Problem } from "../../src/problems";
import type { Recipe } from "./recipe";
import type { TrtllmRole } from "./srt-trtllm-role";

/** What holds in (nearly) all of the 330 published worker files, and breaks a worker where it does not. */
export function checkTrtllm(
  prefill: TrtllmRole,
  decode: TrtllmRole,
  { inputTokens, outputTokens }: Recipe["workload"],
  preset: CheckpointPreset,
): readonly Problem[] {
  const { routedExperts } = checkpoints[preset].shape;
  return [
    ...checkSize(prefill),
    ...checkPrompt(prefill, inputTokens),
    ...checkSequence(prefill, inputTokens, "the prompt"),
    ...checkSize(decode),
    ...checkBuffer(decode, inputTokens),
    ...checkSequence(decode, inputTokens + outputTokens, "prompt and answer"),
    ...checkIteration(decode),
    ...checkGraphs(decode),
    ...checkSlots(decode, routedExperts),
    ...checkDrafts(prefill, decode),
  ];
}

function checkSize({ path, tensor, pipeline, expert, nodeGpus, workers }: TrtllmRole): readonly Problem[] {
  const problems: Problem[] = [];
  if (pipeline !== 1) {
    problems.push({
      path: `${path}.pipeline_parallel_size`,
      what: `${pipeline} stages`,
      rule: "pools here have one stage; published GB200 workers of these lengths have none either",
      fix: "1",
    });
  }
  if (expert !== tensor) {
    problems.push({
      path: `${path}.moe_expert_parallel_size`,
      what: `${expert} on ${tensor} GPUs`,
      rule: "experts are spread over all GPUs of a worker, as in every published GB200 file",
      fix: `${tensor}`,
    });
  }
  if (workers < 1 || nodeGpus === undefined || tensor * pipeline !== nodeGpus) {
    problems.push({
      path: `${path}.tensor_parallel_size`,
      what: `${tensor}, while every worker has ${nodeGpus ?? "an unknown number of"} GPUs`,
      rule: "tensor x pipeline parallel size is the worker's GPUs (396 of 396 published roles)",
      fix: `${nodeGpus ?? "nodes and workers of the role"}`,
    });
  }
  return problems;
}

function checkPrompt(prefill: TrtllmRole, inputTokens: number): readonly Problem[] {
  const { path, tokens } = prefill;
  const problems: Problem[] = [...checkBuffer(prefill, inputTokens)];
  if (tokens < inputTokens) {
    problems.push({
      path: `${path}.max_num_tokens`,
      what: `${tokens} is less than the ${inputTokens} tokens of a prompt`,
      rule: "a prompt is computed in one pass (330 of 330 published files)",
      fix: `${inputTokens} or more`,
    });
  }
  return problems;
}

function checkBuffer({ path, buffer }: TrtllmRole, inputTokens: number): readonly Problem[] {
  if (buffer === undefined || buffer >= inputTokens) return [];
  return [
    {
      path: `${path}.cache_transceiver_config.max_tokens_in_buffer`,
      what: `${buffer} is less than the ${inputTokens} tokens of a prompt`,
      rule: "the transfer buffer holds a whole prompt (330 of 330 published files)",
      fix: `${inputTokens} or more; published files have 16384`,
    },
  ];
}

function checkSequence({ path, sequence }: TrtllmRole, needed: number, of: string): readonly Problem[] {
  if (sequence === undefined || sequence >= needed) return [];
  return [
    {
      path: `${path}.max_seq_len`,
      what: `${sequence} is less than the ${needed} tokens of ${of}`,
      rule: "longer requests are rejected (330 of 330 published files keep it)",
      fix: `${needed} or more`,
    },
  ];
}

function checkIteration({ path, batch, tokens, drafts }: TrtllmRole): readonly Problem[] {
  const needed = batch * (1 + drafts);
  if (tokens >= needed) return [];
  const effective = Math.floor(tokens / (1 + drafts));
  return [
    {
      path: `${path}.max_num_tokens`,
      what: `${batch} requests x (1 + ${drafts} drafts) = ${needed} > ${tokens}, so the effective batch is ${effective}`,
      rule: "every running request takes 1 + drafts tokens of an iteration (329 of 330 published files)",
      fix: `${needed}, or max_batch_size ${effective}`,
    },
  ];
}

function checkGraphs({ path, graphs, batch }: TrtllmRole): readonly Problem[] {
  if (graphs === undefined || Math.max(...graphs) >= batch) return [];
  return [
    {
      path: `${path}.cuda_graph_config.batch_sizes`,
      what: `the largest graph is for ${Math.max(...graphs)} requests, the batch is ${batch}`,
      rule: "a step beyond the largest captured graph runs without one (273 of 273 published files keep it)",
      fix: `add ${batch}`,
    },
  ];
}

function checkSlots({ path, slots, tensor, movesExperts }: TrtllmRole, routedExperts: number): readonly Problem[] {
  if (slots === 0) return [];
  if (slots < routedExperts || slots % tensor !== 0) {
    const least = Math.ceil(routedExperts / tensor) * tensor;
    return [
      {
        path: `${path}.moe_config.load_balancer.num_slots`,
        what: `${slots} slots for ${routedExperts} experts on ${tensor} ranks`,
        rule: "every expert has a slot and every rank as many (17 of 17 published files)",
        fix: `${least} or ${least + tensor}`,
      },
    ];
  }
  if (movesExperts) return [];
  return [
    {
      path: `${path}.moe_config.load_balancer.layer_updates_per_iter`,
      what: "0: a static placement, which the recipe does not contain",
      rule: "a placement is computed from a recording, for the ranks of the pool",
      fix: "1, or import without the balancer and give the stack experts: { mode: static, recording: <file> }",
    },
  ];
}

function checkDrafts(prefill: TrtllmRole, decode: TrtllmRole): readonly Problem[] {
  if (prefill.drafts === decode.drafts) return [];
  return [
    {
      path: `${decode.path}.speculative_config.num_nextn_predict_layers`,
      what: `${decode.drafts}, prefill has ${prefill.drafts}`,
      rule: "the drafting layers have KV too, so both roles draft alike",
      fix: "the same in both roles",
    },
  ];
}
