import type { ArrivalId, Failures } from '../../journal.ts';
import { type ArrivalRows, type Attempts, PACKET_IDS } from '../tables/arrival-rows.ts';

/** The session that a subscriber has at a broker. */
export interface SessionName {
  readonly clientId: string;
  readonly broker: string;
}

/**
 * Markers and attempts of one session: at most 65,535 of each, by packet id. Methods named `write…` execute statements
 * and are called inside a transaction; what they wrote shows in memory once the commit calls the method of the same
 * name without it. What is deleted shows at once.
 *
 * A session that is not remembered (any more) has no markers: the broker has ended it, or is told to.
 */
export class Arrivals {
  readonly #rows: ArrivalRows;
  readonly #name: SessionName;
  /** As committed; looked up again after the session was forgotten. */
  #session: number | undefined;
  #markers = new Map<number, string>();
  #attempts = new Map<number, Attempts>();
  #uncommitted = 0;
  /** By packet id, so that what is deleted before its commit is deleted in the file, too; 0 is none. */
  readonly #writing = new Uint16Array(PACKET_IDS);
  #failing = 0;

  constructor(rows: ArrivalRows, name: SessionName) {
    this.#rows = rows;
    this.#name = name;
    this.#session = rows.session(name.clientId, name.broker);
    if (this.#session === undefined) return;
    this.#markers = rows.markers(this.#session);
    this.#attempts = rows.attempts(this.#session);
  }

  /** Writes that were {@link begin begun} and did not {@link end}. */
  get uncommitted(): number {
    return this.#uncommitted;
  }

  /** A write is asked for; with `packetId` one that may leave something under it. */
  begin(packetId = 0): void {
    this.#uncommitted++;
    this.#writing[packetId] = (this.#writing[packetId] ?? 0) + 1;
  }

  end(packetId = 0): void {
    this.#uncommitted--;
    this.#writing[packetId] = (this.#writing[packetId] ?? 0) - 1;
  }

  beginFailure(packetId: number): void {
    this.begin(packetId);
    this.#failing++;
  }

  endFailure(packetId: number): void {
    this.end(packetId);
    this.#failing--;
  }

  isMarked({ packetId, digest }: ArrivalId): boolean {
    return this.#markers.get(packetId) === digest;
  }

  failures({ packetId, digest }: ArrivalId): Failures | undefined {
    const found = this.#attempts.get(packetId);
    return found?.digest === digest ? { attempts: found.attempts, firstAt: found.firstAt } : undefined;
  }

  /** Whether something is kept under a packet id, or on its way into the journal. */
  mayHold(packetId: number): boolean {
    return (this.#writing[packetId] ?? 0) > 0 || this.#markers.has(packetId) || this.#attempts.has(packetId);
  }

  mayHaveAttempts(packetId: number): boolean {
    return this.#failing > 0 || this.#attempts.has(packetId);
  }

  /** Writes that the message was handled, or is kept elsewhere: its attempts go. False: the session is not known. */
  writeHandled(id: ArrivalId, marker: boolean, forgive: boolean): boolean {
    const session = this.#find();
    if (session === undefined) return false;
    if (marker) this.#rows.mark(session, id);
    if (forgive) this.#rows.forgive(session, id.packetId);
    return true;
  }

  /** {@link writeHandled} for messages that leave a marker, and have no attempts. */
  writeMarked(ids: readonly ArrivalId[]): boolean {
    const session = this.#find();
    if (session !== undefined) this.#rows.markAll(session, ids);
    return session !== undefined;
  }

  handled(id: ArrivalId, marker: boolean): void {
    if (marker) this.#markers.set(id.packetId, id.digest);
    this.#attempts.delete(id.packetId);
  }

  writeFailed(id: ArrivalId, failures: Failures): boolean {
    const session = this.#find();
    if (session !== undefined) this.#rows.fail(session, id, failures);
    return session !== undefined;
  }

  failed({ packetId, digest }: ArrivalId, { attempts, firstAt }: Failures): void {
    this.#attempts.set(packetId, { digest, attempts, firstAt });
  }

  /** Deletes markers; false for each that there was not. */
  writeUnmarked(packetIds: readonly number[]): readonly boolean[] {
    const session = this.#find();
    return session === undefined ? packetIds.map(() => false) : this.#rows.unmarkAll(session, packetIds);
  }

  unmarked(packetId: number): void {
    this.#markers.delete(packetId);
  }

  writeTaken(packetId: number): void {
    const session = this.#find();
    if (session === undefined) return;
    this.#rows.unmark(session, packetId);
    this.#rows.forgive(session, packetId);
  }

  taken(packetId: number): void {
    this.#markers.delete(packetId);
    this.#attempts.delete(packetId);
  }

  writeCleared(): void {
    const session = this.#find();
    if (session !== undefined) this.#rows.clear(session);
  }

  cleared(): void {
    this.#markers.clear();
    this.#attempts.clear();
  }

  /** The session is forgotten: when that is asked for, and again when it is committed. */
  forgotten(): void {
    this.#session = undefined;
    this.cleared();
  }

  /** After a commit that needed the session: its id is known now. */
  remember(): void {
    this.#session ??= this.#rows.session(this.#name.clientId, this.#name.broker);
  }

  /** Inside a transaction the row may be one that is rolled back, so it is kept only by {@link remember}. */
  #find(): number | undefined {
    return this.#session ?? this.#rows.session(this.#name.clientId, this.#name.broker);
  }
}
