/** A core function of a handler: an event lowered to eight numbers, and the address of its result. */
type Core = (...lowered: number[]) => number;
type Handler = (...lowered: number[]) => Promise<number>;
/** One by one: a list of them would be made for each call. */
type Lowered<T> = (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => T;

const PARAMETERS = 8;
const parameters = Array.from({ length: PARAMETERS }, (_, index) => index);
const I32 = 0x7f;

const section = (id: number, ...content: number[]) => [id, content.length, ...content];
const imported = (name: string, type: number) => [1, 0x68, 1, name.charCodeAt(0), 0, type];
const BODY = [
  ...[0, 0x03, 0x40, 0x10, 0, 0x04, 0x40],
  ...parameters.flatMap((index) => [0x23, index]),
  ...[0x10, 1, 0x10, 2, 0x0c, 1, 0x0b, 0x0b, 0x0b],
];

const SET = [0, ...parameters.flatMap((index) => [0x20, index, 0x24, index]), 0x0b];
const LOWERED = [0x60, PARAMETERS, ...parameters.map(() => I32)];

/**
 * `r`: `(loop (if (call $next) (then (call $done (call $core (global.get 0) …)) (br 1))))`; `s`: `(global.set 0 …) …`,
 * since setting globals from JavaScript takes several times as long.
 */
const LOOP = new WebAssembly.Module(
  new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      ...[5, 0x60, 0, 1, I32],
      ...[...LOWERED, 1, I32],
      ...[0x60, 1, I32, 0, 0x60, 0, 0],
      ...[...LOWERED, 0],
    ),
    ...section(2, 3, ...imported('n', 0), ...imported('c', 1), ...imported('d', 2)),
    ...section(3, 2, 3, 4),
    ...section(6, PARAMETERS, ...parameters.flatMap(() => [I32, 1, 0x41, 0, 0x0b])),
    ...section(7, 2, 1, 0x72, 0, 3, 1, 0x73, 0, 4),
    ...section(10, 2, BODY.length, ...BODY, SET.length, ...SET),
  ]),
);

/**
 * Handlers of one instance that may wait, run on a stack that is kept from call to call. V8 keeps about four stacks that
 * nobody uses and gives back the rest: with more calls than that waiting at once each call would map one of a megabyte,
 * at several times the cost of everything else that suspending takes.
 */
export class KeptStacks {
  readonly #ends: (() => void)[] = [];

  /** As `WebAssembly.promising`, for a function that is called again and again. */
  readonly promising = (core: Core): Handler => {
    const plain = WebAssembly.promising(core) as Handler;
    if (core.length !== PARAMETERS) return plain;
    try {
      const stack = new KeptStack(core);
      this.#ends.push(() => stack.end());
      const call: Lowered<Promise<number>> = (a, b, c, d, e, f, g, h) =>
        stack.busy ? plain(a, b, c, d, e, f, g, h) : stack.call(a, b, c, d, e, f, g, h);
      return call as Handler;
    } catch {
      // Of another type than handlers have.
      return plain;
    }
  };

  /** No more calls: a stack that goes on waiting would hold the instance for ever. */
  end(): void {
    for (const end of this.#ends) end();
  }
}

class KeptStack {
  readonly #run: () => Promise<void>;
  readonly #set: Lowered<void>;
  #call: { resolve(result: number): void; reject(trap: unknown): void } | undefined;
  /** Where the loop waits for a call. */
  #wake: ((more: 0 | 1) => void) | undefined;
  #over = false;

  /** @throws where the function is of another type */
  constructor(core: Core) {
    const loop = new WebAssembly.Instance(LOOP, {
      h: {
        n: new WebAssembly.Suspending(() => this.#next()),
        c: core,
        d: (result: number) => {
          const call = this.#call;
          this.#call = undefined;
          call?.resolve(result);
        },
      },
    });
    this.#run = WebAssembly.promising(loop.exports.r as () => void) as () => Promise<void>;
    this.#set = loop.exports.s as Lowered<void>;
  }

  get busy(): boolean {
    return this.#call !== undefined || this.#over;
  }

  readonly call: Lowered<Promise<number>> = (a, b, c, d, e, f, g, h) => {
    this.#set(a, b, c, d, e, f, g, h);
    return new Promise((resolve, reject) => {
      this.#call = { resolve, reject };
      if (!this.#go(1)) this.#run().catch((trap: unknown) => this.#failed(trap));
    });
  };

  /** False where the loop does not wait for a call. */
  #go(more: 0 | 1): boolean {
    const wake = this.#wake;
    if (wake === undefined) return false;
    this.#wake = undefined;
    wake(more);
    return true;
  }

  end(): void {
    this.#over = true;
    this.#go(0);
  }

  /** What the guest threw has ended the loop; another call, if there is one, begins the next. */
  #failed(trap: unknown): void {
    const call = this.#call;
    this.#call = undefined;
    call?.reject(trap);
  }

  #next(): 0 | 1 | Promise<0 | 1> {
    if (this.#over) return 0;
    if (this.#call !== undefined) return 1;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
