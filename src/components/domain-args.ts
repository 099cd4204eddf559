/** How IMEX channels are given to pods. */
export const ChannelAllocation = { Single: "Single", All: "All" } as const;
export type ChannelAllocation = (typeof ChannelAllocation)[keyof typeof ChannelAllocation];

/** Hardware that pools can be planned for. */
export const Hardware = { Gb200Nvl72: "gb200-nvl72", HgxH200: "hgx-h200" } as const;
export type Hardware = (typeof Hardware)[keyof typeof Hardware];

/**
 * What a client owns before its pools.
 *
 * @example
 * const domain = new ClientDomain("client1", { client: "client1", trays: 9 });
 */
export interface ClientDomainArgs {
  /** The client's name: a DNS label. Names the namespace and labels everything. Changing it replaces everything. */
  client: string;
  /** Trays the client may use; the quota is four GPUs each. Changing it is in place. */
  trays: number;
  /**
   * What the trays are: `gb200-nvl72`, or `hgx-h200` for nodes of 8 H200 without an NVLink domain between them, for which
   * no ComputeDomain is made and nothing is predicted. Default `gb200-nvl72`. Changing it replaces everything.
   */
  hardware?: Hardware;
  /** Namespace to create. Default: the client's name. Changing it replaces everything. */
  namespace?: string;
  /**
   * `Single` gives every pod channel 0, `All` every channel of the domain. Default `Single`, enough for one client per
   * tray. Changing it replaces the domain and rolls the pools between the new domain and the deletion of the old.
   */
  channels?: ChannelAllocation;
  /** PriorityClass of engine pods, made by the rack stack. Default none. Changing it rolls the pools. */
  priorityClass?: string;
  /** PriorityClass of routers, made by the rack stack. Default none. Changing it rolls the router. */
  routerPriorityClass?: string;
  /** Namespace that Prometheus scrapes from. Default `monitoring`. Changing it is in place. */
  monitoringNamespace?: string;
  /** Namespace of Dynamo's NATS and etcd, which workers and frontends call. Default `dynamo-system`. In place. */
  platformNamespace?: string;
  /**
   * Network of the API server, which routers and Dynamo's workers watch. Default `0.0.0.0/0` on ports 443 and 6443.
   * Changing it is in place.
   */
  apiServerCidr?: string;
}
