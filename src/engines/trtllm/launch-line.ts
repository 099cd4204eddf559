import type { PoolPlan } from "../../plan/pool";
import { modelDirectory } from "../engine";
import { servedModelName } from "../served-model";
import type { Dialect } from "./dialect";
import { engineArgsPath } from "./engine-args";

/**
 * The operator puts the line of a worker that spans trays into quotes of its own, behind mpirun (backend_trtllm.go,
 * 015d780b), which it can only do with a command that begins with Python.
 */
export const workerCommand: readonly string[] = ["python3", "-m", "dynamo.trtllm"];

/** The arguments of one worker; what concerns the engine itself is in its file. */
export function launchArgs({ intent, role }: PoolPlan, dialect: Dialect): readonly string[] {
  const { checkpoint, weights, purpose } = intent;
  return [
    "--model-path",
    `${modelDirectory}/${weights.path}`,
    "--served-model-name",
    servedModelName(checkpoint.repository),
    "--extra-engine-args",
    engineArgsPath,
    "--disaggregation-mode",
    role,
    // Older versions publish metrics only together with events for a router that knows what is cached, over NATS.
    ...(purpose === "production" && dialect.flags.has("--publish-metrics") ? ["--publish-metrics"] : []),
  ];
}

/** Flags that `launchArgs` derives, in any version: what a user must not say again. */
export function derivedFlags(plan: PoolPlan, dialect: Dialect): ReadonlySet<string> {
  return new Set(launchArgs(plan, dialect).filter((argument) => argument.startsWith("--")));
}
