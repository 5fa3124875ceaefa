import type { PubsubError, Result } from '../types.ts';

const ASKED = 1;
const ANSWERED = 2;
const CAPACITY = 16_384;
const HEADER_BYTES = 8;

type Verdict = Result<void, PubsubError>;

/** A worker's question that cannot wait for the event loop: its thread stands still until the main thread has answered. */
export class AskCells {
  readonly buffer: SharedArrayBuffer;
  /** State, bytes of the answer. */
  readonly #words: Int32Array;
  readonly #text: Buffer;

  constructor(buffer = new SharedArrayBuffer(HEADER_BYTES + CAPACITY)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, 2);
    this.#text = Buffer.from(buffer, HEADER_BYTES, CAPACITY);
  }

  /** Worker: `post` asks. Also ended by the end of the worker. */
  wait(post: () => void): Verdict {
    Atomics.store(this.#words, 0, ASKED);
    post();
    Atomics.wait(this.#words, 0, ASKED);
    return JSON.parse(this.#text.toString('utf8', 0, this.#words[1])) as Verdict;
  }

  /** Main thread. */
  answer(verdict: Verdict): void {
    this.#words[1] = this.#text.write(JSON.stringify(cut(verdict)));
    Atomics.store(this.#words, 0, ANSWERED);
    Atomics.notify(this.#words, 0);
  }
}

/** An error's text with an escape for each character has room. */
function cut(verdict: Verdict): Verdict {
  if (verdict.ok || verdict.error.tag === 'timeout') return verdict;
  const { tag, val } = verdict.error;
  return { ok: false, error: { tag, val: val.slice(0, CAPACITY / 8) } };
}
