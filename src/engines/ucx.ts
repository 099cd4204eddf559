/** Names of UCX for several transports at once (ucx_info -d, "UCX_TLS" in its FAQ). */
const aliases: Readonly<Record<string, readonly string[]>> = {
  cuda: ["cuda_ipc", "cuda_copy"],
  ib: ["rc", "ud", "dc"],
};

/** Of the transports that a pool needs, those that a value of `UCX_TLS` does without. */
export function missingTransports(value: string, needed: readonly string[]): readonly string[] {
  const excludes = value.startsWith("^");
  const named = (excludes ? value.slice(1) : value).split(",").flatMap((name) => aliases[name] ?? [name]);
  if (excludes) return needed.filter((name) => named.includes(name));
  if (named.includes("all")) return [];
  // `rc_mlx5` and `rc_x` are rc too.
  return needed.filter((name) => !named.some((given) => given === name || given.startsWith(`${name}_`)));
}
