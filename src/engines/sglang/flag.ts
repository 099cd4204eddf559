import type { Dialect } from "./dialect";

/** One flag with its values; none for a bare switch. */
export interface Flag {
  readonly name: string;
  readonly values: readonly string[];
}

export function flag(name: string, ...values: readonly (string | number)[]): Flag {
  return { name, values: values.map(String) };
}

/** The flag when the condition holds, nothing otherwise: keeps a launch line one readable list. */
export function when(condition: boolean, ...flags: readonly Flag[]): readonly Flag[] {
  return condition ? flags : [];
}

export function toArgs(flags: readonly Flag[]): string[] {
  return flags.flatMap(({ name, values }) => [name, ...values]);
}

/** DP attention: the ranks' number alone since 0.5.23, with a switch before. */
export function dataParallelFlags(dialect: Dialect, ranks: number): readonly Flag[] {
  if (ranks === 1) return [];
  if (dialect.flags.has("--attn-dp-size")) return [flag("--attn-dp-size", ranks)];
  return [flag("--dp-size", ranks), flag("--enable-dp-attention")];
}

export function decodeGraphFlags(dialect: Dialect, batchSizes: readonly number[]): readonly Flag[] {
  const name = dialect.flags.has("--cuda-graph-bs-decode") ? "--cuda-graph-bs-decode" : "--cuda-graph-bs";
  return [flag(name, ...batchSizes)];
}

export function noPrefillGraphFlags(dialect: Dialect): readonly Flag[] {
  const name = dialect.flags.has("--disable-prefill-cuda-graph")
    ? "--disable-prefill-cuda-graph"
    : "--disable-cuda-graph";
  return [flag(name)];
}
