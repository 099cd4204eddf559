import { kubectlGet, type Rack } from "./simulated-rack";

interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

interface NodeObject {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly taints?: readonly { readonly key: string }[] };
}

interface PodObject {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly Condition[] };
}

interface DomainObject {
  readonly metadata: ObjectMeta;
  readonly status?: { readonly status?: string; readonly nodes?: readonly { readonly name: string }[] };
}

/** A pod, as somebody who looks after the rack wants to see it. */
export interface RackPod {
  readonly name: string;
  readonly client: string;
  readonly role: string;
  readonly ready: boolean;
  readonly leaving: boolean;
}

export interface RackNode {
  readonly name: string;
  /** A compute tray, as opposed to a host without GPUs. */
  readonly tray: boolean;
  readonly lost: boolean;
  readonly pods: readonly RackPod[];
}

export interface RackStatus {
  readonly nodes: readonly RackNode[];
  readonly waiting: readonly { readonly pod: string; readonly reason: string }[];
  readonly domains: readonly { readonly name: string; readonly status: string; readonly trays: number }[];
}

/** Taint that makes a tray lost; see faults.ts. */
export const lostTaint = "sim.rack/lost";

/** Pods of the rack's own software, which nobody asked about. */
const systemNamespaces = new Set(["kube-system", "nvidia-dra-driver-gpu", "lws-system", "kueue-system"]);

export async function rackStatus(rack: Rack): Promise<RackStatus> {
  const [nodes, pods, domains] = await Promise.all([
    kubectlGet<{ items: NodeObject[] }>(rack, ["nodes"]),
    kubectlGet<{ items: PodObject[] }>(rack, ["pods", "--all-namespaces"]),
    rack.shape.bare
      ? { items: [] }
      : kubectlGet<{ items: DomainObject[] }>(rack, ["computedomains", "--all-namespaces"]),
  ]);
  return readStatus(nodes.items, pods.items, domains.items);
}

export function readStatus(
  nodes: readonly NodeObject[],
  allPods: readonly PodObject[],
  domains: readonly DomainObject[],
): RackStatus {
  const pods = allPods.filter(({ metadata }) => !systemNamespaces.has(metadata.namespace ?? ""));
  return {
    nodes: nodes.map(({ metadata, spec }) => ({
      name: metadata.name,
      tray: metadata.labels?.["nvidia.com/gpu.present"] === "true",
      lost: spec.taints?.some(({ key }) => key === lostTaint) ?? false,
      pods: pods.filter((pod) => pod.spec.nodeName === metadata.name).map(describePod),
    })),
    waiting: pods
      .filter((pod) => pod.spec.nodeName === undefined)
      .map((pod) => ({
        pod: fullName(pod.metadata),
        reason: pod.status.conditions?.find(({ type }) => type === "PodScheduled")?.message ?? "not scheduled yet",
      })),
    domains: domains.map(({ metadata, status }) => ({
      name: fullName(metadata),
      status: status?.status ?? "unknown",
      trays: status?.nodes?.length ?? 0,
    })),
  };
}

function describePod({ metadata, status }: PodObject): RackPod {
  return {
    name: fullName(metadata),
    client: label(metadata, "client") ?? metadata.namespace ?? "",
    role: label(metadata, "role") ?? label(metadata, "component") ?? "",
    ready: status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false,
    leaving: metadata.deletionTimestamp !== undefined,
  };
}

/** The value of a label by its last part: `nvl72/role` and `role` are the same to us. */
function label({ labels = {} }: ObjectMeta, name: string): string | undefined {
  return Object.entries(labels).find(([key]) => key.split("/").at(-1) === name)?.[1];
}

function fullName({ namespace, name }: ObjectMeta): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function formatStatus(status: RackStatus): string {
  const trays = status.nodes.filter(({ tray }) => tray);
  const lost = trays.filter(({ lost: gone }) => gone).length;
  const used = trays.filter(({ lost: gone, pods }) => !gone && pods.length > 0).length;
  const counts = [`${used} used`, `${trays.length - used - lost} free`, ...(lost > 0 ? [`${lost} lost`] : [])];
  const lines = [`${trays.length} trays x 4 GPUs: ${counts.join(", ")}`, ...table(status.nodes.flatMap(rows))];
  if (status.domains.length > 0) {
    lines.push("compute domains");
    lines.push(...table(status.domains.map(({ name, status: state, trays: size }) => [name, state, `${size} trays`])));
  }
  if (status.waiting.length > 0) lines.push("waiting for a place", ...formatWaiting(status.waiting));
  return lines.join("\n");
}

/** Pods that wait for the same reason, together. */
export function formatWaiting(waiting: RackStatus["waiting"]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { pod, reason } of waiting) {
    const short = reason.split(/[.,] (?:still not schedulable|preemption)/)[0] ?? reason;
    reasons.set(short, [...(reasons.get(short) ?? []), pod]);
  }
  return [...reasons].flatMap(([reason, pods]) => {
    const more = pods.length > 4 ? ` and ${pods.length - 4} more` : "";
    return [`  ${pods.slice(0, 4).join(", ")}${more}`, `      ${reason}`];
  });
}

function rows(node: RackNode): string[][] {
  const note = node.lost ? "lost" : "";
  if (node.pods.length === 0) return node.tray || node.lost ? [[node.name, note === "" ? "free" : note]] : [];
  return node.pods.map((pod, index) => [
    index === 0 ? node.name : "",
    pod.client,
    pod.role,
    pod.name,
    [pod.leaving ? "leaving" : pod.ready ? "ready" : "not ready", note].filter(Boolean).join(", "),
  ]);
}

function table(cells: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  return cells.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd());
}
