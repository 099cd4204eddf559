/** Policies of smg 1.13.0 that can choose a worker of either role (`--prefill-policy`, `--decode-policy`). */
export const routingPolicies = [
  "random",
  "round_robin",
  "passthrough",
  "cache_aware",
  "power_of_two",
  "least_load",
  "manual",
  "consistent_hashing",
  "prefix_hash",
] as const;

/** Prefill alone can also sort requests into buckets of prompt length. */
export const prefillPolicies = [...routingPolicies, "bucket"] as const;

/** A key of a Secret in the client's namespace. */
export interface SecretKey {
  readonly name: string;
  readonly key: string;
}

/** What an operator says of a router. Everything has a default; limits count per replica, as smg counts them. */
export interface RouterIntent {
  readonly replicas?: number;
  readonly prefillPolicy?: string;
  readonly decodePolicy?: string;
  readonly limits?: {
    /** Requests one replica holds at once, from admission to the last token. */
    readonly concurrentRequestsPerReplica?: number;
    /** Requests that may wait for admission; 0 answers 429 at once. */
    readonly queuedRequestsPerReplica?: number;
    readonly queueSeconds?: number;
  };
  readonly timeouts?: {
    /** The longest a call to a worker may take, stream included. Waiting for admission does not count. */
    readonly requestSeconds?: number;
    /** How long a stopping replica lets its requests finish. */
    readonly shutdownGraceSeconds?: number;
  };
  readonly retries?: {
    /** Attempts in all; 1 never repeats. */
    readonly attempts?: number;
    readonly initialBackoffMilliseconds?: number;
    readonly maxBackoffMilliseconds?: number;
  };
  /** When a worker is left out after failures, and when it is tried again. */
  readonly circuitBreaker?: {
    readonly failures?: number;
    readonly successes?: number;
    readonly openSeconds?: number;
    readonly windowSeconds?: number;
  };
  readonly health?: {
    readonly intervalSeconds?: number;
    readonly failures?: number;
  };
  readonly auth?: {
    /** Key that requests must carry as `Authorization: Bearer`. */
    readonly apiKey?: SecretKey;
    /** Key for `/workers` and other administration, as `id:name:role:key`. */
    readonly controlPlaneKey?: SecretKey;
  };
  /** What one full answer takes, from the plan: time to first token, then every token. Absent when not predicted. */
  readonly longestAnswerSeconds?: number;
}

/** A router with every default applied. */
export interface RouterSettings {
  readonly replicas: number;
  readonly prefillPolicy: string;
  readonly decodePolicy: string;
  readonly limits: Required<NonNullable<RouterIntent["limits"]>>;
  readonly timeouts: Required<NonNullable<RouterIntent["timeouts"]>>;
  readonly retries: Required<NonNullable<RouterIntent["retries"]>>;
  readonly circuitBreaker: Required<NonNullable<RouterIntent["circuitBreaker"]>>;
  readonly health: Required<NonNullable<RouterIntent["health"]>>;
  readonly auth: NonNullable<RouterIntent["auth"]>;
}

/**
 * 72 ranks of 1024 requests, the most that low-latency dispatch lets a rack decode at once: never the bound that is met
 * first, but memory is bounded. Not what the pools hold just now, or every change of a batch would roll the router too.
 */
const rackConcurrency = 73728;

/** "smg" marks the router's own default (1.13.0), rendered all the same so that a new version changes nothing unseen. */
export function routerSettings(intent: RouterIntent): RouterSettings {
  const requestSeconds = intent.timeouts?.requestSeconds ?? 1800; // smg
  return {
    // One may go, by a drain or a roll-out, and requests still arrive.
    replicas: intent.replicas ?? 2,
    // A prompt's beginning may lie in one prefill worker's cache; a decode worker has nothing to offer but room.
    prefillPolicy: intent.prefillPolicy ?? "cache_aware",
    decodePolicy: intent.decodePolicy ?? "power_of_two",
    limits: {
      concurrentRequestsPerReplica: intent.limits?.concurrentRequestsPerReplica ?? rackConcurrency,
      queuedRequestsPerReplica: intent.limits?.queuedRequestsPerReplica ?? 100, // smg
      queueSeconds: intent.limits?.queueSeconds ?? 60, // smg
    },
    timeouts: {
      requestSeconds,
      // Long enough for an answer that has just begun; where nobody knows how long that is, for any request.
      shutdownGraceSeconds:
        intent.timeouts?.shutdownGraceSeconds ?? Math.ceil(intent.longestAnswerSeconds ?? requestSeconds),
    },
    retries: {
      // smg tries five times. Every attempt repeats the prefill, so a pool that fails for load would get five times it.
      attempts: intent.retries?.attempts ?? 2,
      initialBackoffMilliseconds: intent.retries?.initialBackoffMilliseconds ?? 50, // smg
      maxBackoffMilliseconds: intent.retries?.maxBackoffMilliseconds ?? 30_000, // smg
    },
    circuitBreaker: {
      failures: intent.circuitBreaker?.failures ?? 10, // smg
      successes: intent.circuitBreaker?.successes ?? 3, // smg
      openSeconds: intent.circuitBreaker?.openSeconds ?? 60, // smg
      windowSeconds: intent.circuitBreaker?.windowSeconds ?? 120, // smg
    },
    health: {
      // smg asks once a minute: with three failures, a dead worker would be offered requests for three.
      intervalSeconds: intent.health?.intervalSeconds ?? 10,
      failures: intent.health?.failures ?? 3, // smg
    },
    auth: intent.auth ?? {},
  };
}
