import { OutputStream } from '../wasi-io/streams.ts';
import { WitError } from '../wit-error.ts';
import type { Fields } from './fields.ts';
import { sizeOfText } from './store.ts';

interface Tagged {
  readonly tag: string;
  readonly val?: string;
}

/** `wasi:http/types.outgoing-body`: taken and dropped, for what it belongs to is never sent. */
export class OutgoingBody {
  static finish(_body: OutgoingBody, trailers: Fields | undefined): void {
    trailers?.release();
  }

  #written = false;

  write(): OutputStream {
    if (this.#written) throw new WitError(undefined, 'the body was already taken');
    this.#written = true;
    return new OutputStream(() => {});
  }
}

/** What requests and responses share: headers, and a body that is given out once. */
class OutgoingMessage {
  readonly #headers: Fields;
  #bodyTaken = false;
  #kept = 0;

  constructor(headers: Fields) {
    this.#headers = headers;
    headers.adopt();
  }

  /** Counts `next`, which takes the place of `before`, in what the instance keeps. */
  protected keep(before: string | undefined, next: string | undefined): void {
    const more = sizeOfText(next) - sizeOfText(before);
    if (!this.#headers.store.take(more, 0)) throw new WitError(undefined, 'the instance keeps too much');
    this.#kept += more;
  }

  /** The guest dropped it, or handed it over to be sent. */
  [Symbol.dispose](): void {
    this.#headers.release();
    this.#headers.store.give(this.#kept, 0);
    this.#kept = 0;
  }

  headers(): Fields {
    return this.#headers;
  }

  body(): OutgoingBody {
    if (this.#bodyTaken) throw new WitError(undefined, 'the body was already taken');
    this.#bodyTaken = true;
    return new OutgoingBody();
  }
}

/** `wasi:http/types.outgoing-request`: can be made and filled, so that the refusal comes where a guest expects it. */
export class OutgoingRequest extends OutgoingMessage {
  #method: Tagged = { tag: 'get' };
  #path: string | undefined;
  #scheme: Tagged | undefined;
  #authority: string | undefined;

  method(): Tagged {
    return this.#method;
  }

  setMethod(method: Tagged): void {
    this.keep(this.#method.val, method.val);
    this.#method = method;
  }

  pathWithQuery(): string | undefined {
    return this.#path;
  }

  setPathWithQuery(path: string | undefined): void {
    this.keep(this.#path, path);
    this.#path = path;
  }

  scheme(): Tagged | undefined {
    return this.#scheme;
  }

  setScheme(scheme: Tagged | undefined): void {
    this.keep(this.#scheme?.val, scheme?.val);
    this.#scheme = scheme;
  }

  authority(): string | undefined {
    return this.#authority;
  }

  setAuthority(authority: string | undefined): void {
    this.keep(this.#authority, authority);
    this.#authority = authority;
  }
}

/** `wasi:http/types.outgoing-response`. */
export class OutgoingResponse extends OutgoingMessage {
  #status = 200;

  statusCode(): number {
    return this.#status;
  }

  setStatusCode(status: number): void {
    this.#status = status;
  }
}

/** `wasi:http/types.request-options`: durations in nanoseconds. */
export class RequestOptions {
  #connect: bigint | undefined;
  #firstByte: bigint | undefined;
  #betweenBytes: bigint | undefined;

  connectTimeout(): bigint | undefined {
    return this.#connect;
  }

  setConnectTimeout(duration: bigint | undefined): void {
    this.#connect = duration;
  }

  firstByteTimeout(): bigint | undefined {
    return this.#firstByte;
  }

  setFirstByteTimeout(duration: bigint | undefined): void {
    this.#firstByte = duration;
  }

  betweenBytesTimeout(): bigint | undefined {
    return this.#betweenBytes;
  }

  setBetweenBytesTimeout(duration: bigint | undefined): void {
    this.#betweenBytes = duration;
  }
}
