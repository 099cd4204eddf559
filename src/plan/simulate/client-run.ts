import { arrivalSource, type ArrivalSource } from "./arrivals";
import { Acceptance } from "./acceptance";
import { DecodePool } from "./decode-pool";
import { Actor, type EventQueue } from "./event-queue";
import { Gauge } from "./gauge";
import { IntervalHistogram } from "./interval-histogram";
import type { MeasurementWindow } from "./measurement-window";
import type { PrefillPool } from "./prefill-pool";
import { randomStream } from "./random";
import { Request, type RequestOwner, type Stage } from "./request";
import { reservedDecodeTokens, type ClientUnderTest, type Routing, type SystemUnderTest } from "./system";
import { TimeSeries } from "./time-series";

/** How long requests stayed in one stage, over the whole run. */
export class StageLedger {
  readonly present = new Gauge();
  visits = 0;
  seconds = 0;
}

/** What a client's requests go through, and what the run leaves of them. */
export interface ClientSurroundings {
  readonly events: EventQueue;
  readonly system: SystemUnderTest;
  readonly routing: Routing;
  readonly prefill: PrefillPool;
  readonly window: MeasurementWindow;
  readonly seed: number;
  /** Place among the clients; chooses the random streams. */
  readonly index: number;
  /** Requests that this client sends before the window closes. */
  readonly target: number;
}

/** One client: sends requests and leads each through decode's admission, prefill, transfer and decode. */
export class ClientRun extends Actor implements RequestOwner {
  readonly requests: Request[] = [];
  readonly intervals = new IntervalHistogram();
  readonly series = new TimeSeries();
  readonly decode: DecodePool;
  readonly ledgers: Record<Stage, StageLedger> = {
    admission: new StageLedger(),
    queue: new StageLedger(),
    prefill: new StageLedger(),
    transfer: new StageLedger(),
    decode: new StageLedger(),
  };
  retractions = 0;
  readonly kvBytesPerToken: number;
  readonly prefill: PrefillPool;
  readonly window: MeasurementWindow;
  private readonly reserveFirst: boolean;
  private readonly source: ArrivalSource;
  private readonly reportIssued: (now: number) => void;
  private started = false;

  constructor(
    readonly client: ClientUnderTest,
    surroundings: ClientSurroundings,
  ) {
    super(surroundings.events);
    this.prefill = surroundings.prefill;
    this.window = surroundings.window;
    this.kvBytesPerToken = client.kvBytesPerToken;
    this.reserveFirst = (surroundings.system.reservation ?? "beforePrefill") === "beforePrefill";
    this.decode = decodePoolOf(client, surroundings, this.intervals);
    const { seed, index, target } = surroundings;
    const random = { gaps: randomStream(seed, index, "arrivals"), lengths: randomStream(seed, index, "lengths") };
    this.source = arrivalSource(client.arrivals, random);
    this.reportIssued = this.window.enter(target);
    this.schedule(this.source.atStart > 0 ? 0 : this.source.nextAt());
  }

  /** Requests that wait for prefill or for decode. */
  get waiting(): number {
    return this.ledgers.queue.present.value + this.ledgers.admission.present.value;
  }

  act(now: number): void {
    if (this.window.isClosed) return;
    const count = this.started ? 1 : Math.max(1, this.source.atStart);
    this.started = true;
    for (let i = 0; i < count; i++) this.issue(now);
    const next = this.source.nextAt();
    if (next < Infinity) this.schedule(next);
    else if (!this.source.closedLoop) this.window.exhaust(now);
  }

  sample(now: number): void {
    const { queue, admission, decode } = this.ledgers;
    this.series.sampleUntil(now, queue.present.value, admission.present.value, decode.present.value);
  }

  move(request: Request, stage: Stage, now: number): void {
    this.leaveStage(request, now);
    this.ledgers[stage].present.add(1, now);
    request.stage = stage;
    request.stageSince = now;
  }

  onReserved(request: Request, now: number): void {
    if (this.reserveFirst) this.prefill.route(request, now);
    else request.prefillRank?.worker.send(request, now);
  }

  onPrefilled(request: Request, now: number): void {
    if (this.reserveFirst) request.prefillRank?.worker.send(request, now);
    else this.awaitDecode(request, now);
  }

  onKvDelivered(request: Request, now: number): void {
    this.move(request, "admission", now);
    request.decodeRank?.worker.deliver(request, now);
  }

  onRetracted(request: Request, now: number): void {
    this.retractions++;
    this.send(request, now);
  }

  onFinished(request: Request, now: number): void {
    this.leaveStage(request, now);
    request.stage = undefined;
    if (this.source.closedLoop) this.issue(now);
  }

  private issue(now: number): void {
    if (this.window.isClosed) return;
    const { inputTokens, outputTokens, prefixBlocks = [] } = this.source.take();
    const { isOpen } = this.window;
    const request = new Request(this, this.requests.length, now, inputTokens, outputTokens, prefixBlocks, isOpen);
    this.requests.push(request);
    this.send(request, now);
    this.reportIssued(now);
  }

  private send(request: Request, now: number): void {
    if (this.reserveFirst) this.awaitDecode(request, now);
    else this.prefill.route(request, now);
  }

  private awaitDecode(request: Request, now: number): void {
    this.move(request, "admission", now);
    this.decode.assign(request, now);
  }

  private leaveStage(request: Request, now: number): void {
    const { stage } = request;
    if (stage === undefined) return;
    const seconds = now - request.stageSince;
    const ledger = this.ledgers[stage];
    ledger.present.add(-1, now);
    ledger.visits++;
    ledger.seconds += seconds;
    if (Number.isNaN(request.firstTokenAt)) request.waited[stage] += seconds;
  }
}

function decodePoolOf(
  client: ClientUnderTest,
  { events, system, routing, window, seed, index }: ClientSurroundings,
  intervals: IntervalHistogram,
): DecodePool {
  const optimistic = client.reserve === "optimistic";
  const { stepNoise } = system;
  const setting = {
    rule: { optimistic, marginTokens: optimistic ? reservedDecodeTokens(client) : 0 },
    rankPolicy: routing.decodeRank,
    acceptance: new Acceptance(client.draftTokens, client.acceptedTokens),
    acceptanceRandom: randomStream(seed, index, "acceptance"),
    noise: stepNoise === undefined ? undefined : { model: stepNoise, random: randomStream(seed, index, "steps") },
    intervals,
    measuring: () => window.isPastWarmUp,
  };
  return new DecodePool(events, client.decode, setting, routing.decode);
}
