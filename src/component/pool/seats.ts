import type { GuestCall } from '../../guest.ts';
import { Affinity } from './affinity.ts';

/** What the choice of a seat looks at in a worker. */
export interface Bench {
  /** Calls that it holds. */
  readonly load: number;
}

/** One instance's place in one worker; whatever instance lives there, the topics of the place stay. */
export interface Seat<B extends Bench = Bench> {
  readonly bench: B;
  /** Number of the instance, in its worker. */
  readonly instance: number;
  /** Calls of the seat. */
  load: number;
  /** Topics that stick to it. */
  topics: number;
}

/**
 * Where calls go. A topic sticks to its seat, for good: it cannot be moved when others of its seat turn out to be busy.
 * So each new topic gets a seat of its own while there may be more, and then the seat with least to do and, of those,
 * with fewest topics.
 */
export class Seats<B extends Bench> {
  readonly #benches: readonly B[];
  readonly #limit: number;
  readonly #seats: Seat<B>[] = [];
  readonly #affinity: Affinity<Seat<B>>;
  readonly #forTopic = () => {
    const seat = this.#choose((best) => best.load > 0 || best.topics > 0);
    seat.topics++;
    return seat;
  };

  /** @param limit seats in all, shared out evenly over the benches. */
  constructor(benches: readonly [B, ...B[]], limit: number, topics?: number) {
    this.#benches = benches;
    this.#limit = Math.max(benches.length, limit);
    this.#affinity = new Affinity({ bound: topics, forgot: (seat) => seat.topics-- });
  }

  /** The seat of a call: its topic's, or with `spread` any. */
  for({ binding, topic, spread }: Pick<GuestCall, 'binding' | 'topic' | 'spread'>): Seat<B> {
    if (spread === true) return this.#choose((seat) => seat.load > 0);
    return this.#affinity.place(binding, topic, this.#forTopic);
  }

  /** The best seat that there is, or a new one where that is `taken` and there may be more. */
  #choose(taken: (best: Seat<B>) => boolean): Seat<B> {
    const best = this.#seats.reduce<Seat<B> | undefined>(better, undefined);
    const mayGrow = this.#seats.length < this.#limit;
    return best === undefined || (mayGrow && taken(best)) ? this.#add() : best;
  }

  #add(): Seat<B> {
    const [bench] = this.#benches.toSorted((a, b) => this.#seatsOf(a) - this.#seatsOf(b));
    if (bench === undefined) throw new Error('a pool has at least one worker');
    const seat = { bench, instance: this.#seatsOf(bench), load: 0, topics: 0 };
    this.#seats.push(seat);
    return seat;
  }

  #seatsOf(bench: B): number {
    return this.#seats.filter((seat) => seat.bench === bench).length;
  }
}

function better<B extends Bench>(best: Seat<B> | undefined, seat: Seat<B>): Seat<B> {
  if (best === undefined) return seat;
  const difference = seat.load - best.load || seat.bench.load - best.bench.load || seat.topics - best.topics;
  return difference < 0 ? seat : best;
}
