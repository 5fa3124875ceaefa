import type { DatabaseSync } from 'node:sqlite';
import type { DeadLetters, ListedDeadLetter } from '../../journal.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import { integer } from '../tables/keys.ts';
import { LetterQuery, type LetterRows } from '../tables/letter-rows.ts';
import type { LetterMoves, Move } from './letter-moves.ts';

export interface DeadLetterParts {
  readonly database: DatabaseSync;
  readonly commits: GroupCommit;
  readonly letters: LetterRows;
  readonly moves: LetterMoves;
  /** Told of what was moved or deleted, after the commit. */
  readonly moved: (moves: readonly Move[]) => void;
}

/** Dead letters in the journal. */
export class JournaledDeadLetters implements DeadLetters {
  readonly #parts: DeadLetterParts;
  readonly #query: LetterQuery;

  constructor(parts: DeadLetterParts) {
    this.#parts = parts;
    this.#query = new LetterQuery(parts.database);
  }

  list(): readonly ListedDeadLetter[] {
    return this.#parts.commits.read(() => this.#query.all());
  }

  async expire(before: number): Promise<number> {
    const time = integer(before, 'the time before which dead letters expire');
    const { commits, letters, moves, moved } = this.#parts;
    const expired = await commits.write(
      () => letters.before(time).map((letter) => moves.purge(letter)),
      (purged) => moved(purged),
    );
    return expired.length;
  }
}
