import type { Problem } from "../../src/problems";
import type { Recipe } from "./recipe";

/** Where a recipe says a setting of a pool, and how its number follows from the per-rank one. */
interface Term {
  readonly name: string;
  /** Global numbers are the per-rank one times the attention ranks. */
  readonly global?: boolean;
}

type Terms = Readonly<Partial<Record<string, Term>>>;

const sglang: Terms = {
  batchPerRank: { name: "max-running-requests", global: true },
  runningRequestsPerRank: { name: "max-running-requests", global: true },
  tokensPerForwardPerRank: { name: "chunked-prefill-size", global: true },
  kvTokensPerRank: { name: "max-total-tokens" },
  contextTokens: { name: "context-length" },
  staticMemoryFraction: { name: "mem-fraction-static" },
  gpusPerWorker: { name: "tp-size" },
};

const trtllm: Terms = {
  batchPerRank: { name: "max_batch_size" },
  tokensPerForwardPerRank: { name: "max_num_tokens" },
  contextTokens: { name: "max_seq_len" },
  gpusPerWorker: { name: "tensor_parallel_size" },
};

/** What the planner refuses, with the recipe's own names beside, because that is the file its owner can change. */
export function inRecipeTerms(problems: readonly Problem[], recipe: Recipe): readonly Problem[] {
  const terms = recipe.engine.name === "sglang" ? sglang : trtllm;
  return problems.map((problem) => {
    const role = /^pools\.(prefill|decode)\./.exec(problem.path)?.at(1);
    if (role === undefined) return problem;
    const pool = role === "prefill" ? recipe.prefill : recipe.decode;
    const ranks = pool.attention === "data" ? pool.gpusPerWorker : 1;
    const own = terms[problem.path.slice(problem.path.lastIndexOf(".") + 1)];
    return {
      ...problem,
      path: own === undefined ? problem.path : `${problem.path} (${own.name})`,
      fix: withNames(problem.fix, terms, ranks),
    };
  });
}

/** `batchPerRank 60` becomes `batchPerRank 60 (max-running-requests 1920)`. */
function withNames(fix: string, terms: Terms, ranks: number): string {
  return fix.replace(/\b([a-zA-Z]+) (\d+)\b/g, (text, setting: string, number: string) => {
    const term = terms[setting];
    if (term === undefined) return text;
    return `${text} (${term.name} ${Number(number) * (term.global === true ? ranks : 1)})`;
  });
}
