import { WitError } from '../wit-error.ts';
import { IoError } from './error.ts';
import { Pollable } from './poll.ts';

/** How many bytes `check-write` permits at once. */
export const WRITE_PERMIT = 65_536n;

type StreamError = { readonly tag: 'last-operation-failed'; readonly val: IoError } | { readonly tag: 'closed' };

function closed(): WitError<StreamError> {
  return new WitError({ tag: 'closed' }, 'the stream is closed');
}

function failed(text: string): WitError<StreamError> {
  return new WitError({ tag: 'last-operation-failed', val: new IoError(text) }, text);
}

/** `wasi:io/streams.input-stream` at its end: every read reports `closed`. */
export class InputStream {
  read(_length: bigint): Uint8Array {
    throw closed();
  }

  blockingRead(_length: bigint): Uint8Array {
    throw closed();
  }

  skip(_length: bigint): bigint {
    throw closed();
  }

  blockingSkip(_length: bigint): bigint {
    throw closed();
  }

  subscribe(): Pollable {
    return new Pollable();
  }
}

/** `wasi:io/streams.output-stream` onto a sink that takes everything at once. */
export class OutputStream {
  readonly #sink: (bytes: Uint8Array) => void;

  constructor(sink: (bytes: Uint8Array) => void) {
    this.#sink = sink;
  }

  checkWrite(): bigint {
    return WRITE_PERMIT;
  }

  write(contents: Uint8Array): void {
    this.#sink(contents);
  }

  blockingWriteAndFlush(contents: Uint8Array): void {
    this.#sink(contents);
  }

  flush(): void {}

  blockingFlush(): void {}

  subscribe(): Pollable {
    return new Pollable();
  }

  writeZeroes(length: bigint): void {
    if (length > WRITE_PERMIT) throw failed(`at most ${WRITE_PERMIT} zeroes may be written at once, not ${length}`);
    this.#sink(new Uint8Array(Number(length)));
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    this.writeZeroes(length);
  }

  splice(source: InputStream, length: bigint): bigint {
    const bytes = source.read(length);
    this.#sink(bytes);
    return BigInt(bytes.length);
  }

  blockingSplice(source: InputStream, length: bigint): bigint {
    return this.splice(source, length);
  }
}
