import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { refusal } from "../src/components/refusal";
import { RefusedError, type Problem } from "../src/problems";
import { deployClient } from "./client";
import { parseStackConfig, type RawConfig } from "./config";
import { deployRack } from "./rack";

/** Runs what the stack's configuration asks for. */
async function run(): Promise<Record<string, unknown>> {
  const stack = pulumi.getStack();
  try {
    const config = parseStackConfig(readConfig(stack), { stack, file: `Pulumi.${stack}.yaml` });
    const { context, identifier } = config.cluster;
    const provider = new k8s.Provider("cluster", {
      enableServerSideApply: true,
      clusterIdentifier: identifier,
      ...(context === undefined ? {} : { context }),
    });
    return config.program === "rack"
      ? { ...(await deployRack(config, provider)) }
      : await deployClient(config, provider);
  } catch (error) {
    if (error instanceof RefusedError) throw refusal(error.subject, error.problems);
    throw error;
  }
}

/** All settings of the project's namespace; objects and numbers arrive as JSON text. */
function readConfig(stack: string): RawConfig {
  const prefix = `${pulumi.getProject()}:`;
  const settings = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  const secretKeys = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as readonly string[];
  const secret = settings.filter(([key]) => secretKeys.includes(key));
  if (secret.length > 0)
    throw new RefusedError(
      stack,
      secret.map(([key]) => secretSetting(key.slice(prefix.length))),
    );
  return Object.fromEntries(settings.map(([key, text]) => [key.slice(prefix.length), fromText(text)] as const));
}

/** Settings are planned with, printed and exported; decrypted ones would be in every preview. */
function secretSetting(path: string): Problem {
  return {
    path,
    what: "is encrypted",
    rule: "settings show in plans, previews and outputs, so none of them is for secrets",
    fix: "plain text; keys and passwords go into Secrets of the cluster, which settings refer to by name",
  };
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
