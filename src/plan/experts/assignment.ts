/**
 * The assignment of rows to columns with the least sum of costs, exactly: shortest augmenting paths on reduced costs
 * (Jonker and Volgenant, Computing 38, 1987), O(n^3). Rows that find their cheapest column free skip the search.
 *
 * @param costs of row * size + column
 * @returns the column of every row
 */
export function cheapestAssignment(costs: Float64Array, size: number): Int32Array {
  const columnOf = new Int32Array(size).fill(-1);
  const rowOf = new Int32Array(size).fill(-1);
  const rowPrice = new Float64Array(size);
  const columnPrice = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    const column = cheapestColumn(costs, size, row);
    rowPrice[row] = costs[row * size + column] ?? 0;
    if (rowOf[column] !== -1) continue;
    rowOf[column] = row;
    columnOf[row] = column;
  }
  const matching: Matching = { costs, size, columnOf, rowOf, rowPrice, columnPrice };
  for (let row = 0; row < size; row++) if (columnOf[row] === -1) augment(matching, row);
  return columnOf;
}

/** No assignment costs less: every row in its cheapest column. */
export function leastCost(costs: Float64Array, size: number): number {
  let least = 0;
  for (let row = 0; row < size; row++) least += costs[row * size + cheapestColumn(costs, size, row)] ?? 0;
  return least;
}

interface Matching {
  readonly costs: Float64Array;
  readonly size: number;
  readonly columnOf: Int32Array;
  readonly rowOf: Int32Array;
  /** Dual prices: no cost is below the prices of its row and column together, and those of a match are equal. */
  readonly rowPrice: Float64Array;
  readonly columnPrice: Float64Array;
}

/** Matches one more row along the cheapest path of changed matches to a free column (Dijkstra). */
function augment(matching: Matching, start: number): void {
  const { size, columnOf, rowOf, rowPrice, columnPrice } = matching;
  const distance = new Float64Array(size).fill(Infinity);
  const reachedFrom = new Int32Array(size).fill(-1);
  const done = new Uint8Array(size);
  let [row, reached, column] = [start, 0, -1];
  for (;;) {
    relax(matching, row, reached, distance, reachedFrom, done);
    column = nearest(distance, done);
    reached = distance[column] ?? 0;
    const next = rowOf[column] ?? -1;
    if (next === -1) break;
    done[column] = 1;
    row = next;
  }
  rowPrice[start] = (rowPrice[start] ?? 0) + reached;
  for (let at = 0; at < size; at++) {
    if (done[at] !== 1) continue;
    const change = reached - (distance[at] ?? 0);
    columnPrice[at] = (columnPrice[at] ?? 0) - change;
    const matched = rowOf[at] ?? 0;
    rowPrice[matched] = (rowPrice[matched] ?? 0) + change;
  }
  while (column !== -1) {
    const from = reachedFrom[column] ?? start;
    const freed = columnOf[from] ?? -1;
    columnOf[from] = column;
    rowOf[column] = from;
    column = from === start ? -1 : freed;
  }
}

function relax(
  { costs, size, rowPrice, columnPrice }: Matching,
  row: number,
  reached: number,
  distance: Float64Array,
  reachedFrom: Int32Array,
  done: Uint8Array,
): void {
  const paid = reached - (rowPrice[row] ?? 0);
  for (let column = 0; column < size; column++) {
    if (done[column] === 1) continue;
    const through = paid + (costs[row * size + column] ?? 0) - (columnPrice[column] ?? 0);
    if (through >= (distance[column] ?? 0)) continue;
    distance[column] = through;
    reachedFrom[column] = row;
  }
}

function nearest(distance: Float64Array, done: Uint8Array): number {
  let chosen = -1;
  for (let column = 0; column < distance.length; column++) {
    if (done[column] === 1) continue;
    if (chosen < 0 || (distance[column] ?? 0) < (distance[chosen] ?? 0)) chosen = column;
  }
  return chosen;
}

function cheapestColumn(costs: Float64Array, size: number, row: number): number {
  let cheapest = 0;
  for (let column = 1; column < size; column++) {
    if ((costs[row * size + column] ?? 0) < (costs[row * size + cheapest] ?? 0)) cheapest = column;
  }
  return cheapest;
}
