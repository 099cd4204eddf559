import type { Problem } from "../problems";
import type { PoolRef } from "../refs";

/** The pools that a router joins. */
export interface RoutedPools {
  readonly prefill: readonly PoolRef[];
  readonly decode: readonly PoolRef[];
}

type SharedField =
  | "client"
  | "namespace"
  | "engine"
  | "engineVersion"
  | "orchestrator"
  | "image"
  | "servedModel"
  | "kvCacheType"
  | "pageTokens"
  | "draftTokens"
  | "contextTokens"
  | "httpPort";

/** What all pools of a router have to have in common, and why. */
const agreements: readonly { readonly field: SharedField; readonly rule: string }[] = [
  { field: "client", rule: "clients share nothing but the rack" },
  { field: "namespace", rule: "discovery and the network policy end at the namespace" },
  { field: "engine", rule: "KV is handed over in the engine's own format" },
  { field: "engineVersion", rule: "the KV handshake changes between versions (vLLM hashes its own into it)" },
  { field: "orchestrator", rule: "one router finds its workers in one way" },
  { field: "image", rule: "KV is laid out by the kernels of an image" },
  { field: "servedModel", rule: "the answer continues with the model that read the prompt" },
  { field: "kvCacheType", rule: "KV is handed over as it is stored" },
  { field: "pageTokens", rule: "KV is handed over in whole pages" },
  { field: "draftTokens", rule: "the drafting layers have KV too, and vLLM's handshake refuses a peer without (0.28)" },
  { field: "contextTokens", rule: "what one role admits the other must be able to finish" },
  { field: "httpPort", rule: "a router calls all discovered pods on one port" },
];

/** Is there a pool of either role, and does each stand under its own? */
export function checkPresent({ prefill, decode }: RoutedPools): readonly Problem[] {
  return [...checkRole("prefill", prefill), ...checkRole("decode", decode)];
}

function checkRole(role: "prefill" | "decode", pools: readonly PoolRef[]): readonly Problem[] {
  if (pools.length === 0) {
    return [
      {
        path: role,
        what: "is empty",
        rule: "a request needs a prefill and a decode worker",
        fix: `add a ${role} pool`,
      },
    ];
  }
  return pools.flatMap((pool, index) =>
    pool.role === role
      ? []
      : [
          {
            path: `${role}[${index}]`,
            what: `"${pool.name}" is a ${pool.role} pool`,
            rule: "a pool serves the one role it was planned for",
            fix: "pass it under its own role",
          },
        ],
  );
}

/** KV that one role wrote is read by the other: what must be the same for that, everywhere. */
export function checkAgreement({ prefill, decode }: RoutedPools): readonly Problem[] {
  const pools = [
    ...prefill.map((pool, index) => ({ pool, path: `prefill[${index}]` })),
    ...decode.map((pool, index) => ({ pool, path: `decode[${index}]` })),
  ];
  const [first, ...others] = pools;
  if (first === undefined) return [];
  return agreements.flatMap(({ field, rule }) =>
    others
      .filter(({ pool }) => differ(field, pool, first.pool))
      .map(({ pool, path }) => ({
        path: `${path}.${field}`,
        what: `is ${pool[field]}, but ${first.pool[field]} in ${first.path}`,
        rule,
        fix: `give both pools the same ${field}`,
      })),
  );
}

/** An image that is not known yet differs from nothing. */
function differ(field: SharedField, one: PoolRef, other: PoolRef): boolean {
  if (field === "image" && (one.image === "" || other.image === "")) return false;
  return one[field] !== other[field];
}
