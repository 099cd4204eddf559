import { Actor, type EventQueue } from "./event-queue";
import { Fifo } from "./fifo";
import type { Request } from "./request";
import type { KvTransfer } from "./system";

interface Transfer {
  readonly request: Request;
  readonly deliveredAt: number;
}

/** The way out of a prefill worker: one transfer's bytes after the other, in the order of completion. */
export class KvEgress extends Actor {
  private readonly underWay = new Fifo<Transfer>();
  private freeAt = 0;

  constructor(
    events: EventQueue,
    private readonly transfer: KvTransfer,
    private readonly onDelivered: (request: Request, now: number) => void,
  ) {
    super(events);
  }

  send(request: Request, now: number): void {
    const bytes = request.promptTokens * request.owner.kvBytesPerToken;
    this.freeAt = Math.max(now, this.freeAt) + bytes / this.transfer.bytesPerSecond;
    this.underWay.push({ request, deliveredAt: this.freeAt + this.transfer.latencySeconds });
    this.scheduleHead();
  }

  act(now: number): void {
    const head = this.underWay.shift();
    this.scheduleHead();
    if (head !== undefined) this.onDelivered(head.request, now);
  }

  private scheduleHead(): void {
    const head = this.underWay.peek();
    if (head !== undefined) this.schedule(head.deliveredAt);
  }
}
