/** How long a worker takes from pod start to the first token, and what probes and deployments wait for it. */
export interface StartupPlan {
  /** Reading the checkpoint from its store into one tray. */
  readonly loadSeconds: number;
  /** Process start, NCCL, kernel compilation and graph capture. */
  readonly preparationSeconds: number;
  /** The expected total. */
  readonly expectedSeconds: number;
  /** What the startup probe allows: three times the expectation, at least ten minutes. */
  readonly budgetSeconds: number;
}
