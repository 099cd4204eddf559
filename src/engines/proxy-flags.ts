import type { RouterSettings } from "./smg/intent";

/** Flags that smg and vllm-router share: both grew from one router. How many requests may come in, and for how long. */
export function admissionFlags({ limits, timeouts }: Pick<RouterSettings, "limits" | "timeouts">): string[] {
  return [
    ...["--max-concurrent-requests", String(limits.concurrentRequestsPerReplica)],
    ...["--queue-size", String(limits.queuedRequestsPerReplica)],
    ...["--queue-timeout-secs", String(limits.queueSeconds)],
    ...["--request-timeout-secs", String(timeouts.requestSeconds)],
  ];
}

/** What happens when a worker fails. */
export function failureFlags({
  retries,
  circuitBreaker,
  health,
}: Pick<RouterSettings, "retries" | "circuitBreaker" | "health">): string[] {
  return [
    // Attempts, not repetitions: 1 sends a request once (observed of smg; vllm-router's help says so).
    ...["--retry-max-retries", String(retries.attempts)],
    ...["--retry-initial-backoff-ms", String(retries.initialBackoffMilliseconds)],
    ...["--retry-max-backoff-ms", String(retries.maxBackoffMilliseconds)],
    ...["--cb-failure-threshold", String(circuitBreaker.failures)],
    ...["--cb-success-threshold", String(circuitBreaker.successes)],
    ...["--cb-timeout-duration-secs", String(circuitBreaker.openSeconds)],
    ...["--cb-window-duration-secs", String(circuitBreaker.windowSeconds)],
    ...["--health-check-interval-secs", String(health.intervalSeconds)],
    ...["--health-failure-threshold", String(health.failures)],
  ];
}
