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

/** First release whose workers serve the tokenizer's files to frontends themselves (ai-dynamo/dynamo#11417). */
const firstServingMetadata = [1, 4] as const;

/**
 * Whether a frontend gets the tokenizer from a worker, over its system port. Before, it read the same path in its own
 * file system, and where that did not exist no model was served (model_card.rs download_config, 8ff8f78).
 */
export function workersServeMetadata(engineVersion: string): boolean {
  const [major = 0, minor = 0] = engineVersion.split(".").map(Number);
  const [firstMajor, firstMinor] = firstServingMetadata;
  return major > firstMajor || (major === firstMajor && minor >= firstMinor);
}
