/** The name that requests carry: `nvidia/DeepSeek-R1-0528-NVFP4-v2` -> `DeepSeek-R1-0528-NVFP4-v2`. */
export function servedModelName(repository: string): string {
  return repository.slice(repository.indexOf("/") + 1);
}
