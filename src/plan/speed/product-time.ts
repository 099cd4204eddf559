import type { Checkpoint, WeightFormat } from "../model-shape";
import { along } from "./grid";
import { opTables, weightNames, type GridTable } from "./op-tables";

/** Matrix products outside attention and routed experts, milliseconds of one whole pass over `tokens` of one rank. */
export interface ProductTimes {
  readonly sharedExpertMilliseconds: number;
  readonly routerMilliseconds: number;
  readonly denseLayerMilliseconds: number;
  readonly headMilliseconds: number;
}

/** @param headTokens tokens that need logits: every one in decode, the last of a prompt in prefill. */
export function productTimes({ shape, expertFormat }: Checkpoint, tokens: number, headTokens: number): ProductTimes {
  const { hidden, expertIntermediate, sharedExperts, denseIntermediate } = shape;
  const inner = expertIntermediate * Math.max(1, sharedExperts);
  const mlp = (width: number): number =>
    product(expertFormat, tokens, 2 * width, hidden) + product(expertFormat, tokens, hidden, width);
  const expertLayers = shape.layers - shape.denseLayers;
  return {
    sharedExpertMilliseconds: sharedExperts === 0 ? 0 : expertLayers * mlp(inner),
    routerMilliseconds: expertLayers * product("bf16", tokens, shape.routedExperts, hidden),
    denseLayerMilliseconds: shape.denseLayers * mlp(denseIntermediate),
    headMilliseconds: product("bf16", headTokens, shape.vocabulary, hidden),
  };
}

/** A product m x k by k x n: the measured matrix most like it, in proportion to the weights it reads. */
function product(format: WeightFormat, rows: number, n: number, k: number): number {
  const nearest = mostAlike(weightNames[format], n, k);
  const { table } = nearest;
  return ((n * k) / (nearest.n * nearest.k)) * along(table.inner, table.milliseconds[0] ?? [], rows);
}

/** Found once for every matrix: a plan asks for the same few some ten thousand times. */
const found = new Map<string, Matrix>();

function mostAlike(weights: string, n: number, k: number): Matrix {
  const key = `${weights}/${n}x${k}`;
  const known = found.get(key);
  if (known !== undefined) return known;
  const nearest = matrices(weights).reduce((best, next) =>
    unlikeness(next, n, k) < unlikeness(best, n, k) ? next : best,
  );
  found.set(key, nearest);
  return nearest;
}

interface Matrix {
  readonly n: number;
  readonly k: number;
  readonly table: GridTable;
}

function matrices(weights: string): readonly Matrix[] {
  return Object.entries(opTables().products)
    .filter(([key]) => key.startsWith(`${weights}/`))
    .map(([key, table]) => {
      const [n = 1, k = 1] = key
        .slice(weights.length + 1)
        .split("x")
        .map(Number);
      return { n, k, table };
    });
}

function unlikeness(matrix: Matrix, n: number, k: number): number {
  return Math.abs(Math.log((matrix.n * matrix.k) / (n * k))) + Math.abs(Math.log(matrix.k / k));
}
