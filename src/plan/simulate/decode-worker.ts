import type { Acceptance } from "./acceptance";
import { DecodeRank, type ReserveRule } from "./decode-rank";
import { Actor, type EventQueue } from "./event-queue";
import { FinishHeap } from "./finish-heap";
import { Gauge } from "./gauge";
import type { IntervalHistogram } from "./interval-histogram";
import type { RandomStream } from "./random";
import type { Request } from "./request";
import { StepTimes } from "./step-times";
import type { DecodeWorkerModel, RankPolicy, StepNoise } from "./system";

/** Steps that are run at once at most. Their time is taken at the middle, where the mean context is. */
const longestRun = 256;

/** What the workers of one client share. */
export interface DecodeSetting {
  readonly rule: ReserveRule;
  readonly rankPolicy: RankPolicy;
  readonly acceptance: Acceptance;
  readonly acceptanceRandom: RandomStream;
  readonly noise: { readonly model: StepNoise; readonly random: RandomStream } | undefined;
  readonly intervals: IntervalHistogram;
  /** Whether warm-up is over. Measured requests are in decode until the run ends. */
  readonly measuring: () => boolean;
}

/**
 * One decode worker. All its ranks run one step together, so that it has one clock, counted in steps. Requests join
 * and leave between steps; as long as none does, many steps are one event.
 */
export class DecodeWorker extends Actor {
  readonly ranks: readonly DecodeRank[];
  readonly running = new Gauge();
  readonly busy = new Gauge();
  /** Integrals over time of the tokens that running requests hold, and that they keep from others. */
  kvTokenSeconds = 0;
  kvTakenSeconds = 0;
  private readonly finishing = new FinishHeap();
  private joining: Request[] = [];
  private readonly stepTimes: StepTimes;
  private clockSteps = 0;
  /** The run of steps under way: none when idle. */
  private run = { startedAt: 0, steps: 0, stepSeconds: 0 };
  private admissions = 0;
  private rankTurn = 0;

  constructor(
    events: EventQueue,
    readonly model: DecodeWorkerModel,
    private readonly setting: DecodeSetting,
  ) {
    super(events);
    this.ranks = Array.from({ length: model.ranks }, () => new DecodeRank(this, model, setting.rule));
    this.stepTimes = new StepTimes(model, setting.noise);
  }

  /** Requests per batch slot, waiting ones included. */
  get load(): number {
    let assigned = 0;
    for (const rank of this.ranks) assigned += rank.assigned;
    return assigned / (this.model.ranks * this.model.batchPerRank);
  }

  /** The request waits for a slot and KV on one of the ranks. */
  assign(request: Request, now: number): void {
    const rank = this.chooseRank();
    if (rank === undefined) return;
    request.decodeRank = rank;
    rank.waiting.push(request);
    // A full reserve holds in the middle of a step as well; an optimistic one is counted between steps.
    if (this.setting.rule.optimistic) this.wake(now);
    else this.reserve(rank, now);
  }

  /** The KV is here: the request joins before the next step. */
  deliver(request: Request, now: number): void {
    this.joining.push(request);
    this.wake(now);
  }

  /** Between two steps. */
  act(now: number): void {
    this.advance();
    this.finishDue(now);
    this.joinAll(now);
    this.retractUntilItFits(now);
    for (const rank of this.ranks) if (rank.waiting.length > 0) this.reserve(rank, now);
    this.startRun(now);
  }

  /** Ends the run of steps after the step under way. */
  private wake(now: number): void {
    const { startedAt, steps, stepSeconds } = this.run;
    if (steps === 0) {
      if (this.at === Infinity) this.schedule(now);
      return;
    }
    const begun = Math.max(1, Math.ceil((now - startedAt) / stepSeconds - 1e-9));
    if (begun >= steps) return;
    this.run.steps = begun;
    this.schedule(startedAt + begun * stepSeconds);
  }

  private advance(): void {
    const { steps, stepSeconds } = this.run;
    if (steps === 0) return;
    for (const rank of this.ranks) {
      this.kvTokenSeconds += rank.heldTokens(steps) * steps * stepSeconds;
      this.kvTakenSeconds += rank.takenTokens(steps) * steps * stepSeconds;
      rank.advance(steps);
    }
    this.clockSteps += steps;
    if (this.setting.measuring()) this.setting.intervals.add(stepSeconds * 1000, steps * this.finishing.size);
    this.run.steps = 0;
  }

  private finishDue(now: number): void {
    for (let first = this.finishing.first; first !== undefined; first = this.finishing.first) {
      if (first.finishStep > this.clockSteps) break;
      this.finishing.pop();
      this.finish(first, now);
    }
  }

  private finish(request: Request, now: number): void {
    const steps = this.clockSteps - request.joinedStep;
    request.decodeRank?.leave(request, steps);
    request.generatedTokens += Math.round(steps * request.tokensPerStep);
    request.finishedAt = now;
    request.owner.onFinished(request, now);
  }

  private joinAll(now: number): void {
    const joining = this.joining;
    if (joining.length === 0) return;
    this.joining = [];
    for (const request of joining) this.join(request, now);
  }

  private join(request: Request, now: number): void {
    request.owner.move(request, "decode", now);
    if (Number.isNaN(request.firstTokenAt)) request.firstTokenAt = now;
    else if (this.setting.measuring()) this.setting.intervals.add((now - request.retractedAt) * 1000, 1);
    request.generatedTokens++;
    const left = request.outputTokens - request.generatedTokens;
    const steps = this.setting.acceptance.steps(left, this.setting.acceptanceRandom);
    request.joinedStep = this.clockSteps;
    request.finishStep = this.clockSteps + steps;
    request.admission = this.admissions++;
    request.decodeRank?.join(request, steps);
    if (steps === 0) this.finish(request, now);
    else this.finishing.push(request);
  }

  /** Where not even one step fits, the youngest request gives its KV up and starts again at prefill. */
  private retractUntilItFits(now: number): void {
    if (!this.setting.rule.optimistic) return;
    for (const rank of this.ranks) {
      while (rank.stepsUntilFull < 1) {
        const youngest = this.finishing.youngest((request) => request.decodeRank === rank);
        if (youngest === undefined) break;
        this.retract(youngest, now);
      }
    }
  }

  private retract(request: Request, now: number): void {
    this.finishing.remove(request);
    const steps = this.clockSteps - request.joinedStep;
    request.decodeRank?.leave(request, steps);
    request.decodeRank = undefined;
    request.retractedAt = now;
    request.generatedTokens += Math.floor(steps * request.tokensPerStep);
    request.promptTokens = request.inputTokens + request.generatedTokens;
    request.owner.onRetracted(request, now);
  }

  private reserve(rank: DecodeRank, now: number): void {
    for (let request = rank.reserveNext(); request !== undefined; request = rank.reserveNext()) {
      request.owner.onReserved(request, now);
    }
  }

  private startRun(now: number): void {
    this.running.set(this.finishing.size, now);
    const first = this.finishing.first;
    this.busy.set(first === undefined ? 0 : 1, now);
    if (first === undefined) return;
    let steps = Math.min(longestRun, first.finishStep - this.clockSteps);
    let batch = 0;
    for (const rank of this.ranks) {
      batch = Math.max(batch, rank.running);
      steps = Math.min(steps, rank.stepsUntilFull);
    }
    let kvTokens = 0;
    for (const rank of this.ranks) kvTokens = Math.max(kvTokens, rank.heldTokens(steps));
    const stepSeconds = this.stepTimes.milliseconds(batch, kvTokens, steps) / 1000;
    this.run = { startedAt: now, steps, stepSeconds };
    this.schedule(now + steps * stepSeconds);
  }

  private chooseRank(): DecodeRank | undefined {
    if (this.setting.rankPolicy === "round-robin") return this.ranks[this.rankTurn++ % this.ranks.length];
    let least: DecodeRank | undefined;
    for (const rank of this.ranks) if (rank.assigned < (least?.assigned ?? Infinity)) least = rank;
    return least;
  }
}
