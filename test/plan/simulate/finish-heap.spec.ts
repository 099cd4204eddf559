import assert from "node:assert/strict";
import fc from "fast-check";
import { FinishHeap } from "../../../src/plan/simulate/finish-heap";
import { Fifo } from "../../../src/plan/simulate/fifo";
import { Request, type RequestOwner } from "../../../src/plan/simulate/request";

const nobody: RequestOwner = {
  kvBytesPerToken: 0,
  move: () => undefined,
  onReserved: () => undefined,
  onPrefilled: () => undefined,
  onKvDelivered: () => undefined,
  onRetracted: () => undefined,
  onFinished: () => undefined,
};

function requestOf(sequence: number, finishStep: number): Request {
  const request = new Request(nobody, sequence, 0, 1, 1, [], false);
  request.finishStep = finishStep;
  request.admission = sequence;
  return request;
}

describe("the heap of running requests", () => {
  it("gives them by their last step, then by arrival, whatever was taken out of its middle", () => {
    const arbitraryRun = fc.array(fc.record({ step: fc.nat(30), remove: fc.boolean() }), { maxLength: 80 });
    fc.assert(
      fc.property(arbitraryRun, (run) => {
        const heap = new FinishHeap();
        const all = run.map(({ step }, i) => requestOf(i, step));
        for (const request of all) heap.push(request);
        for (const request of all) if (run[request.sequence]?.remove === true) heap.remove(request);
        const kept = all.filter((request) => run[request.sequence]?.remove !== true);
        assert.equal(heap.size, kept.length);
        const expected = kept.sort((a, b) => a.finishStep - b.finishStep || a.sequence - b.sequence);
        assert.deepEqual(
          expected.map(() => heap.pop()?.sequence),
          expected.map(({ sequence }) => sequence),
        );
        assert.equal(heap.pop(), undefined);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("stays in order when what fills a gap belongs above it", () => {
    const heap = new FinishHeap();
    const all = [1, 10, 2, 11, 12, 3, 4].map((step, i) => requestOf(i, step));
    for (const request of all) heap.push(request);
    for (const request of all) if (request.finishStep === 11) heap.remove(request);
    assert.deepEqual(
      Array.from({ length: 6 }, () => heap.pop()?.finishStep),
      [1, 2, 3, 4, 10, 12],
    );
  });

  it("knows the youngest that matches", () => {
    const heap = new FinishHeap();
    for (let i = 0; i < 9; i++) heap.push(requestOf(i, (i * 7) % 5));
    assert.equal(heap.youngest(({ finishStep }) => finishStep === 2)?.sequence, 6);
    assert.equal(
      heap.youngest(() => false),
      undefined,
    );
  });
});

describe("a queue", () => {
  it("gives items in the order in which they came, over many of them", () => {
    const queue = new Fifo<number>();
    const taken: (number | undefined)[] = [];
    for (let i = 0; i < 1000; i++) {
      queue.push(i);
      if (i % 3 > 0) taken.push(queue.shift());
    }
    assert.equal(queue.length, 1000 - taken.length);
    assert.equal(queue.peek(), taken.length);
    assert.deepEqual(
      taken,
      taken.map((_, i) => i),
    );
    assert.equal(new Fifo().shift(), undefined);
  });
});
