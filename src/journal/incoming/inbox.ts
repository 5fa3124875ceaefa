import { HostError } from '../../errors.ts';
import type { ArrivalId, Failures, Inbox, Settlement, Spill, Spilled } from '../../journal.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { ArrivalRows } from '../tables/arrival-rows.ts';
import type { HandledRows } from '../tables/handled-rows.ts';
import { integer, type Keys } from '../tables/keys.ts';
import type { LetterRows } from '../tables/letter-rows.ts';
import { type SpillColumns, type SpilledRows, spillColumns } from '../tables/spilled-rows.ts';
import type { Usage } from '../tables/usage.ts';
import { Arrivals, type SessionName } from './arrivals.ts';
import { type Plan, planOf } from './plan.ts';

export interface InboxParts {
  readonly commits: GroupCommit;
  readonly usage: Usage;
  readonly keys: Keys;
  readonly arrivals: ArrivalRows;
  readonly spilled: SpilledRows;
  readonly handled: HandledRows;
  readonly letters: LetterRows;
}

/** Spilled messages of one binding, as committed; the sessions that it has had share it. */
export interface SpilledCount {
  rows: number;
}

const DONE = Promise.resolve();

/** The journal's side of one binding (DELIVERY, "In", rules 1 to 4, and "Redelivery, poison, spill"). */
export class JournaledInbox implements Inbox {
  readonly binding: string;
  readonly session: SessionName;
  readonly #parts: InboxParts;
  readonly #arrivals: Arrivals;
  readonly #spilledCount: SpilledCount;
  readonly #mark = (plans: readonly Plan[]) => this.#writeMarkers(plans);
  readonly #unmark = (packetIds: readonly number[]) => this.#arrivals.writeUnmarked(packetIds);
  #onReplayed: () => void = () => {};

  constructor(parts: InboxParts, binding: string, session: SessionName, spilledCount: SpilledCount) {
    this.binding = binding;
    this.session = session;
    this.#spilledCount = spilledCount;
    this.#parts = parts;
    this.#arrivals = new Arrivals(parts.arrivals, session);
  }

  get spilledCount(): number {
    return this.#spilledCount.rows;
  }

  /** What concerns packet ids, and was asked for while it waits, is waited for, too. */
  async quiet(): Promise<void> {
    while (this.#arrivals.uncommitted > 0) await this.#parts.commits.settled();
  }

  isMarked(id: ArrivalId): boolean {
    return this.#arrivals.isMarked(id);
  }

  failures(id: ArrivalId): Failures | undefined {
    return this.#arrivals.failures(id);
  }

  /** What is on its way into the journal under the id is known here, so that nobody has to tell. */
  taken(packetId: number): void {
    const arrivals = this.#arrivals;
    if (!arrivals.mayHold(packetId)) return;
    arrivals.taken(packetId);
    arrivals.begin();
    this.#parts.commits.writeSoon(
      () => arrivals.writeTaken(packetId),
      () => {
        arrivals.end();
        arrivals.taken(packetId);
      },
    );
  }

  lost(): void {
    const arrivals = this.#arrivals;
    arrivals.cleared();
    arrivals.begin();
    this.#parts.commits.writeSoon(
      () => arrivals.writeCleared(),
      () => {
        arrivals.end();
        arrivals.cleared();
      },
    );
  }

  /** The session was forgotten, with its markers and attempts. */
  forgotten(): void {
    this.#arrivals.forgotten();
  }

  settle(settlement: Settlement): Promise<void> {
    let plan: Plan | undefined;
    try {
      plan = planOf(settlement, this.#arrivals);
    } catch (error) {
      return Promise.reject(error);
    }
    if (plan === undefined) return DONE;
    const planned = plan;
    if (planned.id !== undefined) this.#arrivals.begin(planned.id.packetId);
    const settled = () => this.#settled(planned);
    if (planned.isMarkerAlone) return this.#parts.commits.writeTogether(this.#mark, planned, settled);
    return this.#parts.commits.write(() => this.#write(planned), settled);
  }

  #writeMarkers(plans: readonly Plan[]): readonly undefined[] {
    const ids = plans.map(({ id }) => id).filter((id) => id !== undefined);
    const known = this.#arrivals.writeMarked(ids);
    return plans.map((plan) => {
      plan.known = known;
      return undefined;
    });
  }

  #write(plan: Plan): void {
    const { settlement, id, publishes, letter, forgive } = plan;
    const { letters, handled, spilled } = this.#parts;
    if (id !== undefined) plan.known = this.#arrivals.writeHandled(id, settlement.marker, forgive);
    if (settlement.spilled !== undefined) plan.freed = spilled.delete(settlement.spilled);
    for (const { outbox, entry, columns, event } of publishes) outbox.write(entry, columns, event);
    if (letter !== undefined) letters.insert(letter);
    if (settlement.handled === undefined) return;
    const { source, id: eventId, until } = settlement.handled;
    handled.insert(this.binding, source, eventId, Math.trunc(until));
  }

  #settled({ settlement, id, publishes, letter, known, freed }: Plan): void {
    const { usage } = this.#parts;
    if (id !== undefined) {
      this.#arrivals.end(id.packetId);
      this.#arrivals.remember();
      if (known) this.#arrivals.handled(id, settlement.marker);
    }
    if (freed !== undefined) {
      this.#spilledCount.rows--;
      usage.change('spilled', -1, -freed);
    }
    for (const { outbox, entry } of publishes) outbox.written(entry);
    if (letter !== undefined) usage.change('deadLetters', 1, letter.bytes);
  }

  failed(id: ArrivalId, failures: Failures): Promise<void> {
    const arrivals = this.#arrivals;
    const whole = wholeFailures(failures);
    if (whole instanceof HostError) return Promise.reject(whole);
    arrivals.beginFailure(id.packetId);
    let known = false;
    return this.#parts.commits.write<void>(
      () => {
        known = arrivals.writeFailed(id, whole);
      },
      () => {
        arrivals.endFailure(id.packetId);
        arrivals.remember();
        if (known) arrivals.failed(id, whole);
      },
    );
  }

  failedSpilled(row: number, failures: Failures): Promise<void> {
    const whole = wholeFailures(failures);
    if (whole instanceof HostError) return Promise.reject(whole);
    return this.#parts.commits.write(() => this.#parts.spilled.fail(row, whole.attempts, whole.firstAt));
  }

  released(packetId: number): Promise<boolean> {
    const arrivals = this.#arrivals;
    if (!arrivals.mayHold(packetId)) return Promise.resolve(false);
    // From here on a message under this id is no repeat of the marked one (model.js: DELMK).
    arrivals.unmarked(packetId);
    arrivals.begin();
    return this.#parts.commits.writeTogether(this.#unmark, packetId, () => {
      arrivals.end();
      arrivals.unmarked(packetId);
    });
  }

  spill(messages: readonly Spill[]): Promise<readonly number[]> {
    let planned: SpillColumns[];
    try {
      planned = messages.map((message) => spillColumns(message, this.#parts.keys.spilled()));
    } catch (error) {
      return Promise.reject(error);
    }
    if (planned.length === 0) return Promise.resolve([]);
    for (const { spill } of planned) this.#arrivals.begin(spill.id?.packetId);
    return this.#parts.commits.write(
      () => this.#writeSpilled(planned),
      () => this.#spilled(planned),
    );
  }

  #writeSpilled(planned: readonly SpillColumns[]): readonly number[] {
    for (const columns of planned) {
      this.#parts.spilled.insert(this.binding, columns);
      const { id, marker } = columns.spill;
      if (id !== undefined) columns.known = this.#arrivals.writeHandled(id, marker, true);
    }
    return planned.map(({ row }) => row);
  }

  #spilled(planned: readonly SpillColumns[]): void {
    this.#arrivals.remember();
    this.#spilledCount.rows += planned.length;
    for (const { spill, bytes, known } of planned) {
      this.#arrivals.end(spill.id?.packetId);
      this.#parts.usage.change('spilled', 1, bytes);
      if (spill.id !== undefined && known) this.#arrivals.handled(spill.id, spill.marker);
    }
  }

  nextSpilledTopic(after: string): string | undefined {
    return this.#parts.commits.read(() => this.#parts.spilled.nextTopic(this.binding, after));
  }

  spilled(after: number, limit: number, topic?: string): readonly Spilled[] {
    return this.#parts.commits.read(() => this.#parts.spilled.page(this.binding, after, limit, topic));
  }

  hasSpilled(topic: string): boolean {
    return this.#spilledCount.rows > 0 && this.#parts.commits.read(() => this.#parts.spilled.has(this.binding, topic));
  }

  onReplayed(listener: () => void): void {
    this.#onReplayed = listener;
  }

  /** A replay has committed spilled messages of this binding. */
  replayed(): void {
    this.#onReplayed();
  }

  wasHandled(source: string, id: string): boolean {
    return this.#parts.commits.read(() => this.#parts.handled.has(this.binding, source, id, Date.now()));
  }
}

function wholeFailures({ attempts, firstAt }: Failures): Failures | HostError {
  try {
    return { attempts: integer(attempts, 'attempts'), firstAt: integer(firstAt, 'the time of the first attempt') };
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
}
