import { DecodeWorker, type DecodeSetting } from "./decode-worker";
import type { EventQueue } from "./event-queue";
import type { Request } from "./request";
import type { DecodeWorkerModel, RankPolicy } from "./system";

/** The decode workers of one client. They may differ in size. */
export class DecodePool {
  readonly workers: readonly DecodeWorker[];
  private turn = 0;

  constructor(
    events: EventQueue,
    models: readonly DecodeWorkerModel[],
    setting: DecodeSetting,
    private readonly policy: RankPolicy,
  ) {
    this.workers = models.map((model) => new DecodeWorker(events, model, setting));
  }

  get slots(): number {
    return this.workers.reduce((sum, { model }) => sum + model.ranks * model.batchPerRank, 0);
  }

  get ranks(): number {
    return this.workers.reduce((sum, { model }) => sum + model.ranks, 0);
  }

  get kvTokens(): number {
    return this.workers.reduce((sum, { model }) => sum + model.ranks * model.kvTokensPerRank, 0);
  }

  assign(request: Request, now: number): void {
    this.chooseWorker()?.assign(request, now);
  }

  /** Fewest requests for its size, so that a small worker gets a small share; of equals the first. */
  private chooseWorker(): DecodeWorker | undefined {
    if (this.workers.length === 1) return this.workers[0];
    if (this.policy === "round-robin") return this.workers[this.turn++ % this.workers.length];
    let least: DecodeWorker | undefined;
    let lightest = Infinity;
    for (const worker of this.workers) {
      const { load } = worker;
      if (load >= lightest) continue;
      least = worker;
      lightest = load;
    }
    return least;
  }
}
