import { asList, asObject, type JsonObject } from "./json";

/** Of a GB200 compute tray, where a pod does not say it. */
const usualGpus = 4;

/** GPUs that a pod asks for: an engine pod takes all of its tray or node. */
export function gpusOfPod(podTemplate: unknown): number {
  const containers = asList(asObject(asObject(podTemplate)?.spec)?.containers).map(asObject);
  const asked = containers.map((container) => gpusOf(container, "nvidia.com/gpu"));
  return asked.reduce((sum, gpus) => sum + gpus, 0) || usualGpus;
}

/** Of a service of Dynamo's v1alpha1, which takes resources out of its pod. */
export function gpusOfService(service: JsonObject): number {
  return gpusOf(service, "gpu") || usualGpus;
}

function gpusOf(owner: JsonObject | undefined, resource: string): number {
  return Number(asObject(asObject(owner?.resources)?.limits)?.[resource] ?? 0) || 0;
}
