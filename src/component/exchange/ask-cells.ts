import type { PubsubError, Result } from '../../types.ts';

const CAPACITY = 16_384;
const HEADER_BYTES = 8;

type Verdict = Result<void, PubsubError>;

/** A worker's question that cannot wait for the event loop: its thread stands still until the main thread has answered. */
export class AskCells {
  readonly buffer: SharedArrayBuffer;
  /** Number of the question that was answered last, bytes of the answer. */
  readonly #words: Int32Array;
  readonly #text: Buffer;
  #asked = 0;

  constructor(buffer = new SharedArrayBuffer(HEADER_BYTES + CAPACITY)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, 2);
    this.#text = Buffer.from(buffer, HEADER_BYTES, CAPACITY);
  }

  /**
   * Worker: `post` asks. Also ended by the end of the worker. A guest that is out of stack may end before it waits: the
   * answer that comes then is not one to the next question.
   */
  wait(post: (question: number) => void): Verdict {
    const question = ++this.#asked;
    post(question);
    for (let last = Atomics.load(this.#words, 0); last !== question; last = Atomics.load(this.#words, 0))
      Atomics.wait(this.#words, 0, last);
    return JSON.parse(this.#text.toString('utf8', 0, this.#words[1])) as Verdict;
  }

  /** Main thread. */
  answer(question: number, verdict: Verdict): void {
    this.#words[1] = this.#text.write(JSON.stringify(cut(verdict)));
    Atomics.store(this.#words, 0, question);
    Atomics.notify(this.#words, 0);
  }
}

/** An error's text with an escape for each character has room. */
function cut(verdict: Verdict): Verdict {
  if (verdict.ok || verdict.error.tag === 'timeout') return verdict;
  const { tag, val } = verdict.error;
  return { ok: false, error: { tag, val: val.slice(0, CAPACITY / 8) } };
}
