/** `wasi:io/error.error`: what a failed stream operation says about itself. */
export class IoError {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toDebugString(): string {
    return this.#text;
  }
}
