import { isUnderWay } from './ahead.ts';
import type { Arrival } from './arrival.ts';
import { Fifo } from './fifo.ts';
import { isSpillable, type LaneOptions, type Lanes, load, PREFETCH, spilledTopic } from './lanes.ts';
import { Room } from './room.ts';

/** One topic: first what is in the journal, in order of its rows, then what is in the window, in order of arrival. */
interface Lane {
  readonly topic: string;
  /** Runs or waits for its next attempt; the only one of its topic that may. */
  current: Arrival | undefined;
  readonly loaded: Fifo<Arrival>;
  readonly live: Fifo<Arrival>;
  /** The last row that was loaded. */
  lastRow: number;
  /** The journal may hold rows after it. */
  backlog: boolean;
  /** Messages on their way from `live` into the journal. */
  spilling: number;
  /** Its messages are known to be small, so that some are loaded ahead. */
  small: boolean;
}

const NONE: readonly Arrival[] = [];

/**
 * Order "topic": each topic is a lane whose first message alone may run, so that one that is retried holds up its own
 * topic and no other.
 */
export class TopicLanes implements Lanes {
  readonly #options: LaneOptions;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with something in the window behind a message that is retried or spilled. */
  readonly #spillable = new Set<Lane>();
  /** Lanes that wait for room to work on spilled messages. */
  readonly #dormant = new Set<Lane>();
  /** What lanes whose current message is spilled take up. */
  readonly #room: Room;
  /** The journal may hold topics that have no lane. */
  #unseen: boolean;
  #cursor = '';
  #dormantNext = true;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#room = new Room(options.limit, options.maxBytes);
    this.#unseen = options.store.spilledCount > 0;
  }

  enter(arrival: Arrival): void {
    const known = this.#lanes.get(arrival.topic);
    if (known === undefined) {
      this.#open(arrival);
      return;
    }
    known.live.push(arrival);
    if (isBlocked(known)) this.#spillable.add(known);
  }

  leave(arrival: Arrival): void {
    const lane = this.#lanes.get(arrival.topic);
    if (lane === undefined || lane.current !== arrival) return;
    this.#setCurrent(lane, undefined);
    // Others wait for its place: it had its turn.
    if (this.#someWait && lane.backlog && lane.loaded.length === 0 && !isNextUnderWay(lane)) this.#rest(lane);
    else this.#advance(lane);
    if (this.#someWait) this.#fill();
  }

  behind(arrival: Arrival, count: number, from: number): readonly Arrival[] {
    const lane = this.#lanes.get(arrival.topic);
    if (lane === undefined || lane.current !== arrival || lane.live.length <= from) return NONE;
    return isBlocked(lane) || lane.loaded.length > 0 ? NONE : lane.live.slice(from, count);
  }

  retrying(arrival: Arrival): void {
    const lane = this.#lanes.get(arrival.topic);
    if (lane === undefined) return;
    if (arrival.row === undefined || lane.live.length > 0) this.#spillable.add(lane);
  }

  get hasSpillable(): boolean {
    return this.#spillable.size > 0;
  }

  takeSpillable(): readonly Arrival[] {
    const taken: Arrival[] = [];
    for (const lane of this.#spillable) {
      const { current } = lane;
      // What is under way would be handled twice.
      if (isNextUnderWay(lane)) continue;
      if (current !== undefined && isSpillable(current)) taken.push(current);
      // One that is in the window still, and is being settled: with its commit the others' turn comes.
      else if (current !== undefined && current.row === undefined && current.spilling === undefined) continue;
      for (let next = lane.live.shift(); next !== undefined; next = lane.live.shift()) {
        taken.push(next);
        lane.spilling++;
      }
    }
    this.#spillable.clear();
    return taken;
  }

  spilled(arrivals: readonly Arrival[]): void {
    const touched = new Set<Lane>();
    for (const arrival of arrivals) {
      const lane = this.#lanes.get(arrival.topic);
      if (lane === undefined) continue;
      touched.add(lane);
      if (lane.current === arrival) {
        this.#room.take(arrival);
        continue;
      }
      lane.spilling--;
      lane.backlog = true;
    }
    for (const lane of touched) this.#goOn(lane);
  }

  replayed(): void {
    // A lane that is at its end would otherwise pass by what was added to its topic.
    for (const lane of this.#lanes.values()) lane.backlog = true;
    this.#unseen = true;
    this.#fill();
  }

  wanted(filter: string): void {
    if (!this.#someWait || !this.#room.hasReserve) return;
    const isFree = (found: string) => {
      const known = this.#lanes.get(found);
      return known === undefined || this.#dormant.has(known);
    };
    const topic = spilledTopic(this.#options.store, filter, isFree);
    if (topic === undefined) return;
    const lane = this.#lanes.get(topic) ?? this.#add(topic);
    this.#dormant.delete(lane);
    lane.backlog = true;
    this.#advance(lane, true);
  }

  get #someWait(): boolean {
    return this.#unseen || this.#dormant.size > 0;
  }

  #open(arrival: Arrival): void {
    const { store, hooks } = this.#options;
    const lane = this.#add(arrival.topic);
    if (store.spilledCount === 0 || !store.hasSpilled(arrival.topic)) {
      lane.current = arrival;
      hooks.run(arrival);
      return;
    }
    lane.live.push(arrival);
    this.#rest(lane);
    this.#fill();
  }

  #add(topic: string): Lane {
    const lane: Lane = {
      topic,
      current: undefined,
      loaded: new Fifo(),
      live: new Fifo(),
      lastRow: 0,
      backlog: false,
      spilling: 0,
      small: false,
    };
    this.#lanes.set(topic, lane);
    return lane;
  }

  /** Some of its messages are in the journal now. */
  #goOn(lane: Lane): void {
    const { current } = lane;
    if (current === undefined) {
      if (!this.#dormant.has(lane)) this.#advance(lane);
      else if (lane.live.length === 0 && lane.spilling === 0) this.#rest(lane);
    } else if (current.row !== undefined && this.#room.exceeded && this.#options.hooks.drop(current)) {
      this.#setCurrent(lane, undefined);
      this.#rest(lane);
    }
  }

  #advance(lane: Lane, beyondRoom = false): void {
    const goesOn = isNextUnderWay(lane);
    if (!goesOn && lane.loaded.length === 0 && lane.backlog) {
      if (this.#room.free === 0 && !beyondRoom) {
        this.#rest(lane);
        return;
      }
      this.#load(lane);
    }
    // What is on its way into the journal comes before what is in the window: the commit goes on from there.
    const loaded = goesOn ? undefined : lane.loaded.shift();
    const next = loaded ?? (lane.spilling > 0 ? undefined : lane.live.shift());
    if (next !== undefined) {
      this.#setCurrent(lane, next);
      if (next.row !== undefined && lane.live.length > 0) this.#spillable.add(lane);
      else if (this.#spillable.size > 0 && !isBlocked(lane)) this.#spillable.delete(lane);
      this.#options.hooks.run(next);
    } else if (lane.spilling === 0) {
      this.#remove(lane);
    }
  }

  #load(lane: Lane): void {
    const { store } = this.#options;
    const { arrivals, more, small } = load(store, lane.lastRow, lane.small ? PREFETCH : 1, lane.topic);
    for (const arrival of arrivals) lane.loaded.push(arrival);
    lane.lastRow = arrivals.at(-1)?.row ?? lane.lastRow;
    lane.backlog = more;
    lane.small = small;
  }

  #setCurrent(lane: Lane, arrival: Arrival | undefined): void {
    if (lane.current?.row !== undefined) this.#room.give(lane.current);
    lane.current = arrival;
    if (arrival?.row !== undefined) this.#room.take(arrival);
  }

  /** What comes next in it waits in the journal until there is room; a lane that is only there is forgotten. */
  #rest(lane: Lane): void {
    lane.loaded.clear();
    lane.lastRow = 0;
    lane.backlog = true;
    if (lane.live.length > 0) this.#spillable.add(lane);
    if (lane.live.length > 0 || lane.spilling > 0) {
      this.#dormant.add(lane);
      return;
    }
    this.#remove(lane);
    this.#unseen = true;
  }

  #remove(lane: Lane): void {
    this.#lanes.delete(lane.topic);
    this.#spillable.delete(lane);
    this.#dormant.delete(lane);
  }

  #fill(): void {
    while (this.#room.free > 0) {
      const lane = this.#wake();
      if (lane === undefined) return;
      this.#advance(lane);
    }
  }

  /** A lane that waits, in turn one that has messages in the window and one that has none. */
  #wake(): Lane | undefined {
    const [dormant] = this.#dormant;
    this.#dormantNext = !this.#dormantNext;
    const topic = this.#unseen && (dormant === undefined || this.#dormantNext) ? this.#nextTopic() : undefined;
    if (topic !== undefined) {
      const lane = this.#add(topic);
      lane.backlog = true;
      return lane;
    }
    if (dormant !== undefined) this.#dormant.delete(dormant);
    return dormant;
  }

  /** The next topic in the journal that has no lane, round and round, so that none waits for ever. */
  #nextTopic(): string | undefined {
    const { store } = this.#options;
    const start = Buffer.from(this.#cursor);
    for (let wrapped = false; ; ) {
      const topic = store.nextSpilledTopic(this.#cursor);
      // In byte order, as the journal has them: strings are compared otherwise.
      if (topic === undefined || (wrapped && start.compare(Buffer.from(topic)) < 0)) {
        if (wrapped) break;
        wrapped = true;
        this.#cursor = '';
        continue;
      }
      this.#cursor = topic;
      if (!this.#lanes.has(topic)) return topic;
    }
    this.#unseen = false;
    return undefined;
  }
}

/** The guest was handed it before anything of its topic came into the journal. */
function isNextUnderWay({ live: { first } }: Lane): boolean {
  return first !== undefined && isUnderWay(first);
}

function isBlocked({ current, backlog, spilling }: Lane): boolean {
  return backlog || spilling > 0 || current?.row !== undefined || (current?.attempts ?? 0) > 0;
}
