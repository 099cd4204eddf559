import type { Request } from "./request";

/** The running requests of a decode worker, soonest to finish first; of equals the one that arrived first. */
export class FinishHeap {
  private readonly items: Request[] = [];

  get size(): number {
    return this.items.length;
  }

  get first(): Request | undefined {
    return this.items[0];
  }

  push(request: Request): void {
    this.items.push(request);
    this.rise(this.items.length - 1, request);
  }

  pop(): Request | undefined {
    const first = this.items[0];
    const last = this.items.pop();
    if (last !== undefined && this.items.length > 0) this.sink(0, last);
    return first;
  }

  /** The youngest request of those that match. Looks at all: retractions are rare. */
  youngest(matches: (request: Request) => boolean): Request | undefined {
    let youngest: Request | undefined;
    for (const request of this.items) {
      if (matches(request) && request.admission > (youngest?.admission ?? -1)) youngest = request;
    }
    return youngest;
  }

  remove(request: Request): void {
    const index = this.items.indexOf(request);
    const last = this.items.pop();
    if (last === undefined || last === request) return;
    this.sink(index, last);
    const sunk = this.items[index];
    if (sunk === last) this.rise(index, last);
  }

  private rise(from: number, request: Request): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.items[above];
      if (parent === undefined || !isBefore(request, parent)) break;
      this.items[index] = parent;
      index = above;
    }
    this.items[index] = request;
  }

  private sink(from: number, request: Request): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      let child = this.items[left];
      if (child === undefined) break;
      const right = this.items[left + 1];
      const chosen = right !== undefined && isBefore(right, child) ? left + 1 : left;
      if (chosen !== left) child = right;
      if (child === undefined || !isBefore(child, request)) break;
      this.items[index] = child;
      index = chosen;
    }
    this.items[index] = request;
  }
}

function isBefore(a: Request, b: Request): boolean {
  return a.finishStep < b.finishStep || (a.finishStep === b.finishStep && a.sequence < b.sequence);
}
