/** How many texts are remembered, and how long they may be: a bound of both sides together. */
const MOST = 1024;
const LONGEST = 128;

/** Numbers of the texts that the other side has been told of, so that it is told of each but once. */
export class TextNumbers {
  readonly #numbers = new Map<string, number>();

  /** Undefined where it has to be told the text. */
  of(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  /** The number of a text that the other side is told now; undefined where it is not to be remembered. */
  add(text: string): number | undefined {
    const number = this.#numbers.size;
    if (number === MOST || text.length > LONGEST) return undefined;
    const own = ownText(text);
    // One that is not well-formed becomes another text on its way.
    if (this.#numbers.has(own)) return undefined;
    this.#numbers.set(own, number);
    return number;
  }
}

/** Not a part of a larger one, which it would keep in memory. */
export function ownText(text: string): string {
  return Buffer.from(text).toString();
}
