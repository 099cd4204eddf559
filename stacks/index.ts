import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RefusedError } from "../src/problems";
import { deployClient } from "./client";
import { parseStackConfig, type RawConfig } from "./config";
import { deployRack } from "./rack";

/** Runs what the stack's configuration asks for. */
async function run(): Promise<Record<string, unknown>> {
  const stack = pulumi.getStack();
  try {
    const config = parseStackConfig(readConfig(), { stack, file: `Pulumi.${stack}.yaml` });
    // Named, so that a stack never falls back to whatever cluster the ambient context points at without saying so.
    const provider = new k8s.Provider("cluster", { enableServerSideApply: true, clusterIdentifier: "nvl72" });
    return config.program === "rack" ? { ...deployRack(config, provider) } : await deployClient(config, provider);
  } catch (error) {
    // The message is complete; a stack trace would only bury it.
    if (error instanceof RefusedError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

/** All settings of the project's namespace; objects and numbers arrive as JSON text. */
function readConfig(): RawConfig {
  const prefix = `${pulumi.getProject()}:`;
  const entries = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, text]) => [key.slice(prefix.length), fromText(text)] as const);
  return Object.fromEntries(entries);
}

function fromText(text: string): unknown {
  if (!/^[[{"\d-]|^(?:true|false|null)$/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export = run;
