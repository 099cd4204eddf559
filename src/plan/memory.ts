/** What one GPU's memory is used for, in GiB. The parts and `freeGib` add up to `usableGib`. */
export interface MemoryPlan {
  readonly usableGib: number;
  readonly weightsGib: number;
  readonly kvGib: number;
  /** DeepEP low-latency buffers; 0 without low-latency dispatch. */
  readonly dispatchGib: number;
  /** CUDA graphs, activations and workspaces. */
  readonly workspaceGib: number;
  readonly freeGib: number;
  /** KV tokens per rank that would still fit. */
  readonly largestKvTokens: number;
}
