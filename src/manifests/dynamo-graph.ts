import { frontendPod, type DynamoFrontend } from "./dynamo-frontend";
import {
  alphaService,
  betaComponent,
  openTemplate,
  without,
  type AlphaService,
  type BetaComponent,
  type DynamoComponent,
  type PodTemplate,
} from "./dynamo-service";
import { labels } from "./labels";
import type { RouterPlacement } from "./placement";

export const dynamoApiVersions = ["v1alpha1", "v1beta1"] as const;
type DynamoApiVersion = (typeof dynamoApiVersions)[number];

/** A pool's part of the graph: `workers` instances of `traysPerWorker` pods each. */
export interface DynamoRole {
  /** Name of the pool. */
  readonly name: string;
  readonly role: "prefill" | "decode";
  readonly workers: number;
  readonly traysPerWorker: number;
  readonly podTemplate: PodTemplate;
}

export interface DynamoGraphRequest {
  /** The graph's name and namespace, and where its frontend runs. */
  readonly entrance: RouterPlacement;
  readonly frontend: DynamoFrontend;
  readonly roles: readonly DynamoRole[];
  readonly apiVersion: DynamoApiVersion;
  /** How workers are found: by the API server, or by the etcd of Dynamo's platform. */
  readonly discovery: "kubernetes" | "etcd";
  /** Version of Dynamo in the images. */
  readonly runtimeVersion: string;
}

interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

/** The fields of nvidia.com DynamoGraphDeployment that a client sets. */
export type DynamoGraph =
  | {
      readonly apiVersion: "nvidia.com/v1alpha1";
      readonly kind: "DynamoGraphDeployment";
      readonly metadata: Metadata;
      readonly spec: {
        readonly backendFramework: "trtllm";
        readonly services: Readonly<Record<string, AlphaService>>;
      };
    }
  | {
      readonly apiVersion: "nvidia.com/v1beta1";
      readonly kind: "DynamoGraphDeployment";
      readonly metadata: Metadata;
      readonly spec: { readonly backendFramework: "trtllm"; readonly components: readonly BetaComponent[] };
    };

const topologyAnnotation = "nvl72/topology";

/**
 * What the operator's webhook does not let change on a running graph (dynamographdeployment.go, 003d1ee5): the engine,
 * which components there are, and which of them span nodes. The last two are in an annotation, because no field says
 * them alone.
 */
export const immutableGraphFields: readonly string[] = [
  "spec.backendFramework",
  `metadata.annotations["${topologyAnnotation}"]`,
];

/** The Service that the operator makes for the frontend (`<graph>-<component>`, in lower case). */
export function frontendServiceName(graph: string): string {
  return `${graph}-frontend`;
}

/** One object for all roles of a client; Dynamo's operator makes the pods. */
export function dynamoGraph(request: DynamoGraphRequest): DynamoGraph {
  const { entrance, apiVersion } = request;
  const components = componentsOf(request);
  const metadata: Metadata = {
    name: entrance.name,
    namespace: entrance.namespace,
    labels: labels(entrance),
    annotations: {
      "nvidia.com/dynamo-discovery-backend": request.discovery,
      [topologyAnnotation]: components.map(({ name, nodes }) => (nodes > 1 ? `${name}:nodes` : name)).join(" "),
      "pulumi.com/waitFor": "jsonpath={.status.state}=successful",
    },
  };
  const kind = "DynamoGraphDeployment";
  const backendFramework = "trtllm";
  if (apiVersion === "v1beta1") {
    const spec = { backendFramework, components: components.map(betaComponent) } as const;
    return { apiVersion: "nvidia.com/v1beta1", kind, metadata, spec };
  }
  const services = Object.fromEntries(components.map((component) => [component.name, alphaService(component)]));
  return { apiVersion: "nvidia.com/v1alpha1", kind, metadata, spec: { backendFramework, services } };
}

function componentsOf(request: DynamoGraphRequest): readonly DynamoComponent[] {
  const { entrance, frontend, roles } = request;
  const front = { name: "Frontend", type: "frontend", replicas: frontend.replicas, nodes: 1 } as const;
  return [
    component(request, { ...front, podTemplate: frontendPod(entrance, frontend) }),
    ...roles.map(({ name, role, workers, traysPerWorker, podTemplate }) =>
      component(request, {
        name: componentName(name, entrance.client),
        type: role,
        replicas: workers,
        nodes: traysPerWorker,
        podTemplate,
      }),
    ),
  ];
}

/** `client1-decode` -> `decode`: the operator puts the graph's name before it, and Grove's names are short of letters. */
function componentName(pool: string, client: string): string {
  return pool.startsWith(`${client}-`) ? pool.slice(client.length + 1) : pool;
}

function component(request: DynamoGraphRequest, made: DynamoComponent): DynamoComponent {
  const podTemplate = request.discovery === "kubernetes" ? withOperatorsAccount(made.podTemplate) : made.podTemplate;
  const override = runtimeVersionOverride(openTemplate(podTemplate).main.image, request.runtimeVersion);
  return { ...made, podTemplate, ...(override !== undefined && { runtimeVersionOverride: override }) };
}

/**
 * Pods that find each other by the API server need a token and rights; the operator gives them a ServiceAccount of its
 * own where the pod names none.
 */
function withOperatorsAccount(template: PodTemplate): PodTemplate {
  const { spec } = openTemplate(template);
  return { ...template, spec: without(spec, "serviceAccountName", "automountServiceAccountToken") };
}

/** First minor release of Dynamo 1 whose operator asks for it. */
const firstAsking = 4;

/**
 * The operator reads Dynamo's version from the image's tag. Where that is none, or not known yet, admission wants to be
 * told (shared_helpers.go `runtimeVersionOverrideRequired`, 12626f5c).
 */
export function runtimeVersionOverride(image: unknown, runtimeVersion: string): string | undefined {
  const [release] = /^\d+\.\d+\.\d+/.exec(runtimeVersion) ?? [];
  const [major = 0, minor = 0] = runtimeVersion.split(".").map(Number);
  if (release === undefined || (major < 2 && (major < 1 || minor < firstAsking))) return undefined;
  return typeof image === "string" && /:v?\d+\.\d+\.\d+(?:[-+][^:@]*)?$/.test(image) ? undefined : release;
}
