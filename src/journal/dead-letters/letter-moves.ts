import type { DatabaseSync } from 'node:sqlite';
import type { Keys } from '../tables/keys.ts';
import type { LetterFacts, LetterRows } from '../tables/letter-rows.ts';
import type { OutboxRows } from '../tables/outbox-rows.ts';
import type { SpilledRows } from '../tables/spilled-rows.ts';

export type Wish = 'replay' | 'purge';

/** What became of a dead letter. */
export type Move =
  | { readonly to: 'spilled' | 'outbox' | 'nowhere'; readonly letter: LetterFacts }
  /** A parked row has its message again, or will never have it. */
  | { readonly to: 'parked' | 'abandoned'; readonly letter: LetterFacts; readonly row: number };

/** How many dead letters were replayed and deleted. */
export interface CarriedOut {
  readonly replayed: number;
  readonly purged: number;
}

/** The moves in numbers. */
export function carriedOut(moves: readonly Move[]): CarriedOut {
  const purged = moves.filter(({ to }) => to === 'nowhere' || to === 'abandoned').length;
  return { replayed: moves.length - purged, purged };
}

export interface MoveParts {
  readonly keys: Keys;
  readonly letters: LetterRows;
  readonly spilled: SpilledRows;
  readonly outbox: OutboxRows;
}

/** Replays and purges dead letters; to be called inside a transaction. */
export class LetterMoves {
  readonly #parts: MoveParts;

  constructor(parts: MoveParts) {
    this.#parts = parts;
  }

  /** Undefined where there is no such letter (any more). */
  carryOut(wish: Wish, id: number): Move | undefined {
    const letter = this.#parts.letters.facts(id);
    if (letter === undefined) return undefined;
    return wish === 'replay' ? this.#replay(letter) : this.purge(letter);
  }

  /** A message goes to its handler again, with no attempt counted; a publish to its broker. */
  #replay(letter: LetterFacts): Move {
    const { keys, letters, spilled } = this.#parts;
    const move = letter.kind === 'publish' ? this.#publish(letter) : ({ to: 'spilled', letter } as const);
    if (move.to === 'spilled') spilled.copyLetter(keys.spilled(), letter.id);
    letters.delete(letter.id);
    return move;
  }

  /** Rule 8: what may be half received goes out under the packet id that it had. */
  #publish(letter: LetterFacts): Move {
    const { keys, outbox } = this.#parts;
    const row = letter.parked_row;
    if (row !== null && outbox.unpark(row, letter.id)) return { to: 'parked', letter, row };
    outbox.copyLetter(keys.outbox(), letter.id);
    return { to: 'outbox', letter };
  }

  /** The packet id of a parked publish stays taken: a broker that holds its first half would swallow another's. */
  purge(letter: LetterFacts): Move {
    const { letters, outbox } = this.#parts;
    letters.delete(letter.id);
    const row = letter.parked_row;
    if (row === null) return { to: 'nowhere', letter };
    outbox.abandon(row);
    return { to: 'abandoned', letter, row };
  }
}

/** What `host dlq` wants of the host that runs, in the order of the letters. */
export class Requests {
  readonly #all: () => { readonly letter: number; readonly what: Wish }[];
  readonly #insert: (letter: number, what: Wish) => unknown;
  readonly #delete: (letter: number) => unknown;

  constructor(database: DatabaseSync) {
    const all = database.prepare('SELECT letter, what FROM requests ORDER BY letter');
    const insert = database.prepare('INSERT OR REPLACE INTO requests (letter, what) VALUES (?, ?)');
    const remove = database.prepare('DELETE FROM requests WHERE letter = ?');
    this.#all = () => all.all() as { letter: number; what: Wish }[];
    this.#insert = (letter, what) => insert.run(letter, what);
    this.#delete = (letter) => remove.run(letter);
  }

  all(): readonly { readonly letter: number; readonly what: Wish }[] {
    return this.#all();
  }

  insert(letter: number, what: Wish): void {
    this.#insert(letter, what);
  }

  delete(letter: number): void {
    this.#delete(letter);
  }
}
