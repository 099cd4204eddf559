import * as pulumi from "@pulumi/pulumi";
import type { Callback } from "@pulumi/pulumi/proto/callback_pb";
import type { RegisterResourceOutputsRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";

/** What the SDK has and its types do not show. If a new version moves something, this is the file that notices. */

export type Done<Response> = (error: Error | null, response: Response | undefined) => void;

/** The calls of a monitor that say what a program wants. */
export interface Monitor {
  registerResource: (request: RegisterResourceRequest, done: Done<{ getUrn(): string }>) => void;
  registerResourceOutputs: (request: RegisterResourceOutputsRequest, done: Done<object>) => void;
}

export function currentMonitor(): Monitor {
  return pulumi.runtime.getMonitor() as unknown as Monitor;
}

/** Resolves when no request is under way. */
export function requestsDone(): Promise<void> {
  return (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
}

/** How transforms are made known to the engine. */
export interface Callbacks {
  registerTransform(transform: pulumi.ResourceTransform): Promise<Callback>;
  awaitStackRegistrations(): Promise<void>;
  shutdown(): void;
}

export function acceptTransforms(callbacks: Callbacks): void {
  const { globalStore } = globalThis as unknown as {
    globalStore: { supportsTransforms: boolean; callbacks: Callbacks };
  };
  globalStore.supportsTransforms = true;
  globalStore.callbacks = callbacks;
}
