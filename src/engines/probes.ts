import type { StartupPlan } from "../plan/startup";
import type { HttpProbe, Probes } from "./engine";

/** Paths that answer 200 while the process starts, takes requests, and lives. */
export interface ProbePaths {
  readonly startup: string;
  readonly readiness: string;
  readonly liveness: string;
}

const startupPeriodSeconds = 10;

/**
 * The start has the whole budget of the plan. A step with a full batch may keep a server from answering for seconds, so
 * only five minutes of silence restart one that runs.
 */
export function httpProbes(paths: ProbePaths, port: number, { budgetSeconds }: StartupPlan): Probes {
  const probe = (path: string): HttpProbe => ({
    path,
    port,
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 3,
  });
  return {
    startup: {
      ...probe(paths.startup),
      periodSeconds: startupPeriodSeconds,
      failureThreshold: Math.ceil(budgetSeconds / startupPeriodSeconds),
    },
    readiness: probe(paths.readiness),
    liveness: { ...probe(paths.liveness), periodSeconds: 30, failureThreshold: 10 },
  };
}
