/** How IMEX channels are given to pods. */
export const ChannelAllocation = { Single: "Single", All: "All" } as const;
export type ChannelAllocation = (typeof ChannelAllocation)[keyof typeof ChannelAllocation];

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
}
