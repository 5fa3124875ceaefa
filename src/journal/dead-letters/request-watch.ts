import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { GroupCommit } from '../database/group-commit.ts';
import type { LetterMoves, Move, Requests } from './letter-moves.ts';

/** How often a running host looks for requests, in milliseconds. */
const INTERVAL = 250;

export interface WatchParts {
  readonly database: DatabaseSync;
  readonly commits: GroupCommit;
  readonly requests: Requests;
  readonly moves: LetterMoves;
  readonly moved: (moves: readonly Move[]) => void;
}

/** Notices what `host dlq` asks for while the host runs, and carries it out in one commit. */
export class RequestWatch {
  readonly #parts: WatchParts;
  readonly #version: StatementSync;
  /** Changes when another connection has committed (sqlite.org/pragma.html#pragma_data_version). */
  #seen: unknown;
  #busy = false;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#version = parts.database.prepare('PRAGMA data_version');
    this.#timer = setInterval(() => this.#look(), INTERVAL).unref();
    this.#carryOut();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (this.#busy || !this.#parts.database.isOpen) return;
    let version: unknown;
    try {
      version = this.#parts.commits.read(() => this.#version.get()?.data_version);
      if (version === this.#seen) return;
      this.#carryOut();
    } catch {
      // The journal has failed, and has said so.
      return;
    }
    this.#seen = version;
  }

  #carryOut(): void {
    const { commits, requests, moves, moved } = this.#parts;
    const asked = commits.read(() => requests.all());
    if (asked.length === 0) return;
    this.#busy = true;
    commits.writeSoon(
      () => {
        const made: Move[] = [];
        for (const { letter, what } of asked) {
          const move = moves.carryOut(what, letter);
          if (move !== undefined) made.push(move);
          requests.delete(letter);
        }
        return made;
      },
      (made) => {
        this.#busy = false;
        moved(made);
      },
    );
  }
}
