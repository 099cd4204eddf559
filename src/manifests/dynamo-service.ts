import type { types } from "@pulumi/kubernetes";

type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;
type PodSpec = types.input.core.v1.PodSpec;
export type PodTemplate = types.input.core.v1.PodTemplateSpec;

/**
 * The same without Pulumi's promises: pod templates come from plain functions or, through a pool's ref, as plain data,
 * which only their type does not say.
 */
interface PlainContainer extends types.input.core.v1.Container {
  readonly volumeMounts?: VolumeMount[];
  readonly resources?: PlainResources;
}
interface PlainPodSpec extends PodSpec {
  readonly containers: PlainContainer[];
  readonly volumes?: Volume[];
}
interface PlainResources {
  readonly requests?: Record<string, string>;
  readonly limits?: Record<string, string>;
  readonly claims?: types.input.core.v1.ResourceClaim[];
}

/** One component of a graph, whichever version of the API says it. */
export interface DynamoComponent {
  readonly name: string;
  readonly type: "frontend" | "prefill" | "decode";
  readonly replicas: number;
  readonly nodes: number;
  readonly podTemplate: PodTemplate;
  readonly runtimeVersionOverride?: string;
}

/** A pod template, with /dev/shm taken out: the operator mounts it itself, by its size. */
interface OpenedTemplate {
  readonly metadata: types.input.meta.v1.ObjectMeta;
  readonly spec: PodSpec;
  readonly main: PlainContainer;
  readonly volumes: Volume[];
  readonly sharedMemory?: string;
}

const sharedMemoryPath = "/dev/shm";

export function openTemplate({ metadata = {}, spec }: PodTemplate): OpenedTemplate {
  const pod = spec as PlainPodSpec;
  const [main] = pod.containers;
  if (main === undefined) throw new Error("a pod template without a container");
  const { volumeMounts = [] } = main;
  const { volumes = [] } = pod;
  const shared = volumeMounts.find(({ mountPath }) => mountPath === sharedMemoryPath);
  const sharedVolume = volumes.find(({ name }) => name === shared?.name);
  const memory = sharedVolume?.emptyDir as { readonly sizeLimit?: string } | undefined;
  return {
    metadata: metadata as types.input.meta.v1.ObjectMeta,
    spec: pod,
    main: { ...main, volumeMounts: volumeMounts.filter((mount) => mount !== shared) },
    volumes: volumes.filter((volume) => volume !== sharedVolume),
    ...(memory?.sizeLimit !== undefined && { sharedMemory: memory.sizeLimit }),
  };
}

/** `value` without some of its fields. */
export function without<T extends object, K extends keyof T>(value: T, ...names: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.some((one) => one === name))) as Omit<T, K>;
}

interface ResourceItem {
  readonly cpu?: string;
  readonly memory?: string;
  readonly gpu?: string;
  readonly custom?: Readonly<Record<string, string>>;
}

const gpuResource = "nvidia.com/gpu";

/** Kubernetes' map of quantities in the words of v1alpha1 (api/v1alpha1/common.go ResourceItem, 015d780b). */
function resourceItem(quantities: Readonly<Record<string, string>> = {}): ResourceItem {
  const { cpu, memory, [gpuResource]: gpu, ...custom } = quantities;
  return {
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    ...(gpu !== undefined && { gpu }),
    ...(Object.keys(custom).length > 0 && { custom }),
  };
}

/** A component of v1alpha1 (api/v1alpha1/dynamocomponentdeployment_types.go). */
export interface AlphaService {
  readonly componentType: "frontend" | "worker";
  readonly subComponentType?: "prefill" | "decode";
  readonly replicas: number;
  readonly runtimeVersionOverride?: string;
  readonly multinode?: { readonly nodeCount: number };
  readonly resources: {
    readonly requests: ResourceItem;
    readonly limits: ResourceItem;
    readonly claims?: readonly types.input.core.v1.ResourceClaim[];
  };
  readonly sharedMemory?: { readonly size: string };
  readonly envs?: PlainContainer["env"];
  readonly extraPodMetadata: { readonly labels?: object; readonly annotations?: object };
  readonly extraPodSpec: Omit<PodSpec, "containers"> & { readonly mainContainer: Omit<PlainContainer, "name"> };
}

/** v1alpha1 takes a pod apart: resources, environment, shared memory and metadata have fields of their own. */
export function alphaService(component: DynamoComponent): AlphaService {
  const { metadata, spec, main, volumes, sharedMemory } = openTemplate(component.podTemplate);
  const { requests, limits, claims } = main.resources ?? {};
  return {
    ...(component.type === "frontend"
      ? { componentType: "frontend" }
      : { componentType: "worker", subComponentType: component.type }),
    replicas: component.replicas,
    ...(component.runtimeVersionOverride !== undefined && {
      runtimeVersionOverride: component.runtimeVersionOverride,
    }),
    ...(component.nodes > 1 && { multinode: { nodeCount: component.nodes } }),
    resources: {
      requests: resourceItem(requests),
      limits: resourceItem(limits),
      ...(claims !== undefined && { claims }),
    },
    ...(sharedMemory !== undefined && { sharedMemory: { size: sharedMemory } }),
    ...(main.env !== undefined && { envs: main.env }),
    extraPodMetadata: {
      ...(metadata.labels !== undefined && { labels: metadata.labels }),
      ...(metadata.annotations !== undefined && { annotations: metadata.annotations }),
    },
    extraPodSpec: {
      ...without(spec, "containers"),
      volumes,
      mainContainer: without(main, "name", "env", "resources"),
    },
  };
}

/** A component of v1beta1 (api/v1beta1/dynamocomponentdeployment_types.go). */
export interface BetaComponent {
  readonly name: string;
  readonly type: "frontend" | "prefill" | "decode";
  readonly replicas: number;
  readonly runtimeVersionOverride?: string;
  readonly multinode?: { readonly nodeCount: number };
  readonly sharedMemorySize?: string;
  readonly podTemplate: PodTemplate;
}

/** v1beta1 takes the pod as it is; the operator completes the container that is named `main`. */
export function betaComponent(component: DynamoComponent): BetaComponent {
  const { metadata, spec, main, volumes, sharedMemory } = openTemplate(component.podTemplate);
  return {
    name: component.name,
    type: component.type,
    replicas: component.replicas,
    ...(component.runtimeVersionOverride !== undefined && {
      runtimeVersionOverride: component.runtimeVersionOverride,
    }),
    ...(component.nodes > 1 && { multinode: { nodeCount: component.nodes } }),
    ...(sharedMemory !== undefined && { sharedMemorySize: sharedMemory }),
    podTemplate: { metadata, spec: { ...spec, containers: [{ ...main, name: "main" }], volumes } },
  };
}
