import { dialectOf } from "./dialect";
import { frontendPort } from "./ports";

/** Dynamo's entrance for OpenAI requests: it finds prefill and decode workers by what they register. */
export interface FrontendProcess {
  readonly command: readonly string[];
  readonly args: readonly string[];
}

/**
 * Without a prefill worker an older frontend sends prompts to decode workers, whose passes are too small for one. Newer
 * versions know roles from the registration and ignore the switch (ai-dynamo 1.6.1, router_args.py).
 */
export function dynamoFrontend(engineVersion: string): FrontendProcess {
  const dialect = dialectOf(engineVersion);
  if (dialect === undefined) throw new Error(`unchecked engine version ${engineVersion}`);
  const enforced = dialect.version !== "1.6.1" && dialect.frontendFlags.has("--enforce-disagg");
  return {
    command: ["python3", "-m", "dynamo.frontend"],
    args: ["--http-port", String(frontendPort), ...(enforced ? ["--enforce-disagg"] : [])],
  };
}
