/** Something that acts at one moment at a time: it is scheduled once or not at all. */
export abstract class Actor {
  /** Seconds; infinite while nothing is scheduled. */
  at = Infinity;
  /** Order of scheduling, which decides between actors of the same moment. */
  order = 0;

  constructor(private readonly events: EventQueue) {
    events.add(this);
  }

  abstract act(now: number): void;

  /** Replaces what was scheduled before. */
  protected schedule(at: number): void {
    this.at = at;
    this.order = this.events.nextOrder();
  }
}

/**
 * The pending events of a run. Each worker and client has one at most, and a rack has some dozens of them, so that
 * looking at all is as quick as a heap.
 */
export class EventQueue {
  private readonly actors: Actor[] = [];
  private orders = 0;

  add(actor: Actor): void {
    this.actors.push(actor);
  }

  nextOrder(): number {
    return this.orders++;
  }

  /** Lets actors act in the order of time until none has anything scheduled. Returns the time of the last event. */
  run(beforeEach: (now: number) => void): number {
    let now = 0;
    for (let actor = this.earliest(); actor !== undefined; actor = this.earliest()) {
      now = actor.at;
      beforeEach(now);
      actor.at = Infinity;
      actor.act(now);
    }
    return now;
  }

  private earliest(): Actor | undefined {
    let earliest: Actor | undefined;
    let at = Infinity;
    for (const actor of this.actors) {
      if (actor.at > at || actor.at === Infinity) continue;
      if (actor.at === at && earliest !== undefined && earliest.order < actor.order) continue;
      earliest = actor;
      at = actor.at;
    }
    return earliest;
  }
}
