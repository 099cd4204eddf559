import type { Problem } from "../../src/problems";
import { checkRackSum } from "./recipe-rules";
import type { NumberName, SubmitArguments } from "./submit-arguments";

/** Every context worker of the script is one tray with tensor parallelism 4. */
export const contextGpus = 4;

/** The most that published DEP recipes offer beyond the decode slots (154 jobs, median 1.1). */
const usualOverload = 1.41;

type Numbers = Readonly<Partial<Record<NumberName, number>>>;

/** Every rule that the arguments break at once; arguments that are missing break none. */
export function checkSubmit({ mtpMode, numbers }: SubmitArguments): readonly Problem[] {
  return [
    ...checkWorkers(numbers),
    ...checkGpus(numbers),
    ...checkIterationTokens(numbers),
    ...checkFraction(numbers),
    ...checkDrafts(numbers, mtpMode),
    ...checkSlots(numbers),
  ];
}

function checkWorkers({ ctx_num, gen_num, gen_tp_size, gen_batch_size }: Numbers): readonly Problem[] {
  const problems: Problem[] = [];
  const counts = [
    ["ctx_num", ctx_num],
    ["gen_num", gen_num],
    ["gen_batch_size", gen_batch_size],
  ] as const;
  for (const [path, value] of counts) {
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
    problems.push({ path, what: `${value}`, rule: "workers and batches are whole numbers", fix: "1 or more" });
  }
  if (gen_tp_size !== undefined && ![4, 8, 16, 32].includes(gen_tp_size)) {
    problems.push({
      path: "gen_tp_size",
      what: `${gen_tp_size} GPUs per generation worker`,
      rule: "the script generates workers of whole trays whose ranks divide 256 experts: 4, 8, 16 or 32",
      fix: "4, 8, 16 or 32",
    });
  }
  return problems;
}

function checkGpus({ ctx_num, gen_num, gen_tp_size }: Numbers): readonly Problem[] {
  if (ctx_num === undefined || gen_num === undefined || gen_tp_size === undefined) return [];
  return checkRackSum("gen_num", [
    { name: "context", workers: ctx_num, gpusPerWorker: contextGpus },
    { name: "generation", workers: gen_num, gpusPerWorker: gen_tp_size },
  ]);
}

function checkIterationTokens(numbers: Numbers): readonly Problem[] {
  const { gen_batch_size: batch, gen_max_num_tokens: tokens } = numbers;
  const drafts = inOrder(numbers).gen_mtp_size;
  if (batch === undefined || tokens === undefined || drafts === undefined) return [];
  const needed = batch * (1 + drafts);
  if (tokens >= needed) return [];
  const effective = Math.floor(tokens / (1 + drafts));
  return [
    {
      path: "gen_max_num_tokens",
      what: `${batch} requests x (1 + ${drafts} drafts) = ${needed} > ${tokens}, so the effective batch is ${effective}`,
      rule: "every running request takes 1 + mtp tokens of an iteration (329 of 330 published worker files keep it)",
      fix: `gen_max_num_tokens ${needed}, or gen_batch_size ${effective}`,
    },
  ];
}

function checkFraction({ gen_gpu_memory_fraction: fraction }: Numbers): readonly Problem[] {
  if (fraction === undefined || (fraction > 0 && fraction < 1)) return [];
  return [
    {
      path: "gen_gpu_memory_fraction",
      what: `${fraction}`,
      rule: "the share of the memory that weights leave free which KV gets; between 0 and 1",
      fix: "0.7; published GB200 runs have 0.6 to 0.9",
    },
  ];
}

function checkDrafts(numbers: Numbers, mtpMode: "on" | "off" | undefined): readonly Problem[] {
  const drafts = inOrder(numbers).gen_mtp_size;
  if (drafts === undefined) return [];
  const problems: Problem[] = [];
  if (!Number.isInteger(drafts) || drafts < 0 || drafts > 3) {
    problems.push({
      path: "gen_mtp_size",
      what: `${drafts} drafts`,
      rule: "published GB200 settings draft 0 to 3 tokens per step",
      fix: "0 to 3",
    });
  }
  if (mtpMode !== undefined && (mtpMode === "on") !== drafts > 0) {
    problems.push({
      path: "mtp_mode",
      what: `mtp=${mtpMode} with gen_mtp_size ${drafts}`,
      rule: "mtp=on drafts at least one token, mtp=off none",
      fix: mtpMode === "on" ? "mtp=off, or gen_mtp_size 1 to 3" : "mtp=on, or gen_mtp_size 0",
    });
  }
  return problems;
}

function checkSlots(numbers: Numbers): readonly Problem[] {
  const { gen_tp_size: ranks } = numbers;
  if (isSwapped(numbers)) return [swapped(numbers)];
  const slots = numbers.gen_eplb_num_slots;
  if (slots === undefined || slots === 0) return [];
  if (slots === 256 || slots === 288) {
    if (ranks === undefined || slots % ranks === 0) return [];
  }
  return [
    {
      path: "gen_eplb_num_slots",
      what: `${slots} slots${ranks === undefined ? "" : ` for 256 experts on ${ranks} ranks`}`,
      rule: "0 leaves experts where they are; otherwise every expert has a slot and every rank as many: 256 or 288",
      fix: "0, 256 or 288",
    },
  ];
}

/** Slots stand where drafts belong, or the other way round: nobody drafts 256 tokens, and 3 slots hold no 256 experts. */
function isSwapped({ gen_mtp_size: drafts, gen_eplb_num_slots: slots }: Numbers): boolean {
  if (drafts === undefined || slots === undefined) return false;
  const slotsFirst = drafts === 256 || drafts === 288;
  const draftsLast = slots >= 1 && slots <= 3;
  return (slotsFirst && slots <= 3) || (draftsLast && drafts === 0);
}

/** The numbers with drafts and slots where they belong, so that the other rules see what was meant. */
function inOrder(numbers: Numbers): Numbers {
  if (!isSwapped(numbers)) return numbers;
  const { gen_mtp_size, gen_eplb_num_slots, ...rest } = numbers;
  return {
    ...rest,
    ...(gen_eplb_num_slots === undefined ? {} : { gen_mtp_size: gen_eplb_num_slots }),
    ...(gen_mtp_size === undefined ? {} : { gen_eplb_num_slots: gen_mtp_size }),
  };
}

function swapped({ gen_mtp_size: drafts = 0, gen_eplb_num_slots: slots = 0 }: Numbers): Problem {
  return {
    path: "gen_eplb_num_slots",
    what: `gen_mtp_size ${drafts} and gen_eplb_num_slots ${slots} are swapped`,
    rule: "the script reads mtp_size as argument 9 and eplb_num_slots as argument 10; its usage line has them the other way round",
    fix: `${slots} ${drafts}`,
  };
}

/** What the arguments ask of the benchmark's client, and the generation workers cannot run at once. */
export function warnAboutLoad({ mode, numbers, concurrencies = [] }: SubmitArguments): readonly Problem[] {
  const { gen_num: workers, gen_tp_size: gpus, gen_batch_size: batch } = numbers;
  if (workers === undefined || gpus === undefined || batch === undefined) return [];
  const ranks = mode === "dep" ? gpus : 1;
  const capacity = workers * ranks * batch;
  const offered = concurrencies.map((value) => value * workers);
  const beyond = offered.filter((value) => value > usualOverload * capacity);
  if (beyond.length === 0) return [];
  const sum = mode === "dep" ? `${workers} x ${ranks} x ${batch}` : `${workers} x ${batch}`;
  return [
    {
      path: "concurrency list",
      what: `${concurrencies.join(" ")} times ${workers} workers = ${offered.join(" ")} requests, ${sum} = ${capacity} run at once`,
      rule: "bench.sh multiplies every number by gen_num; published runs offer 1.0 to 1.41 times what runs at once",
      fix: `at most ${Math.floor((usualOverload * capacity) / workers)}; the rest only waits`,
    },
  ];
}
