import { kubectlGet, type Rack } from "../../tools/rack/simulated-rack";

export interface EnginePod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase: string };
}

/** The pods of all clients' pools of one role. */
export async function enginePods(rack: Rack, role: "prefill" | "decode"): Promise<readonly EnginePod[]> {
  const { items } = await kubectlGet<{ items: readonly EnginePod[] }>(rack, ["pods", "--all-namespaces"]);
  return items.filter(({ metadata }) => metadata.labels["nvl72/role"] === role);
}
