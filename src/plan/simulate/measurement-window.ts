import { Actor, type EventQueue } from "./event-queue";

export interface RunLength {
  /** Requests that each client sends at least. */
  readonly requestsPerClient?: number;
  readonly durationSeconds?: number;
  /** Share of the requests, or of the duration, before which nothing is measured. Default 0.2. */
  readonly warmUpFraction?: number;
}

/** InferenceX warms up with 2 of 10 requests per user. */
const defaultWarmUpFraction = 0.2;

interface Member {
  readonly target: number;
  issued: number;
}

/**
 * From when to when the clients of one prefill pool are measured. It opens when each is warm and closes when each has
 * sent what it should; until then all go on sending, so that none is measured with the pool to itself. After that
 * nobody sends, and the run ends when all are served.
 */
export class MeasurementWindow extends Actor {
  openedAt = NaN;
  closedAt = NaN;
  private readonly members: Member[] = [];
  private readonly warmUpFraction: number;
  private readonly observers: ((now: number) => void)[] = [];

  constructor(
    events: EventQueue,
    private readonly length: RunLength,
  ) {
    super(events);
    this.warmUpFraction = length.warmUpFraction ?? defaultWarmUpFraction;
    if (length.durationSeconds !== undefined) this.schedule(this.warmUpFraction * length.durationSeconds);
    else if (this.warmUpFraction === 0) this.schedule(0);
  }

  get isOpen(): boolean {
    return this.isPastWarmUp && !this.isClosed;
  }

  get isPastWarmUp(): boolean {
    return !Number.isNaN(this.openedAt);
  }

  get isClosed(): boolean {
    return !Number.isNaN(this.closedAt);
  }

  /** Called when the window opens, and again when it closes. */
  observe(observer: (now: number) => void): void {
    this.observers.push(observer);
  }

  /** A client that will send `target` requests. Returns how it reports each. */
  enter(target: number): (now: number) => void {
    const member: Member = { target, issued: 0 };
    this.members.push(member);
    return (now) => {
      member.issued++;
      if (this.length.durationSeconds === undefined) this.countRequests(now);
    };
  }

  /** A client has nothing more to send: a trace ended. */
  exhaust(now: number): void {
    if (!this.isPastWarmUp) this.open(now);
    if (!this.isClosed) this.close(now);
  }

  act(now: number): void {
    const { durationSeconds } = this.length;
    if (!this.isPastWarmUp) {
      this.open(now);
      if (durationSeconds !== undefined) this.schedule(durationSeconds);
    } else if (!this.isClosed) this.close(now);
  }

  private countRequests(now: number): void {
    if (this.isClosed) return;
    if (!this.isPastWarmUp && this.members.every((m) => m.issued >= this.warmUpFraction * m.target)) {
      this.open(now);
    }
    if (this.isOpen && this.members.every((m) => m.issued >= m.target)) this.close(now);
  }

  private open(now: number): void {
    this.openedAt = now;
    for (const observer of this.observers) observer(now);
  }

  private close(now: number): void {
    this.closedAt = now;
    for (const observer of this.observers) observer(now);
  }
}
