import { parses } from './strip.ts';

/** One change to what jco generates. */
interface Mend {
  readonly what: string;
  readonly from: RegExp;
  readonly to: string;
}

const literal = (text: string) => new RegExp(RegExp.escape(text), 'g');

/**
 * A suspended guest is looked at when something has happened, which generated code says by calling `runTickLoop`, and
 * else more and more rarely; as generated it is looked at every 10 ms, and each step of it costs a timer.
 */
const TICKS = `async runTickLoop() {
        if (this.#tickLoop !== null) { this.#tickLoop(); return; }
        let wake = null;
        this.#tickLoop = () => wake?.();
        setImmediate(async () => {
          let idle = 10;
          for (let result = this.tick(); result !== ComponentAsyncState.TickResult.DONE; result = this.tick()) {
            if (result === ComponentAsyncState.TickResult.RESUMED) {
              idle = 10;
              await new Promise((resolve) => setImmediate(resolve));
              continue;
            }
            _checkForDeadlock();
            await new Promise((resolve) => {
              const timer = setTimeout(resolve, idle);
              wake = () => { wake = null; clearTimeout(timer); setImmediate(resolve); };
            });
            wake = null;
            idle = Math.min(idle * 2, 1000);
          }
          this.#tickLoop = null;
        });
      }
`;

/** After an answer of the host: as generated, but nothing is looked for where no task is suspended. */
const WAKE = `function _wakeSuspended() {
    let found = false;
    for (const state of ASYNC_STATE.values()) {
      if (state.suspendedTaskMetas().next().done) continue;
      found = true;
      state.runTickLoop();
    }
    if (found) _checkForDeadlock();
  }
  `;

const MENDS: readonly Mend[] = [
  {
    what: 'answers',
    from: /for \(const state of ASYNC_STATE\.values\(\)\) \{ state\.runTickLoop\(\); \}\s*_checkForDeadlock\(\);/g,
    to: '_wakeSuspended();',
  },
  {
    what: 'who waits for answers',
    from: literal('function _trackHostOperation(operation) {'),
    to: `${WAKE}function _trackHostOperation(operation) {`,
  },
  { what: 'ticks', from: /async runTickLoop\(\) \{[\s\S]*?\n\s*\}, 10\);\n\s*\}\n/g, to: TICKS },
  // Buffers are kept by an id that nobody asks for again: a stream would hold every element that it has carried.
  { what: 'buffers', from: literal('instanceBuffers.set(nextBufID, buffer);'), to: '' },
  {
    what: 'bytes at once',
    from: /ctx\.storagePtr = dataPtr;\s*for \(const \[idx, elem\] of elems\.entries\(\)\) \{/g,
    to: `ctx.storagePtr = dataPtr;
      if (elemLowerFn === _lowerFlatU8 && elems instanceof Uint8Array) {
        new Uint8Array(ctx.memory.buffer, dataPtr, elems.length).set(elems);
      } else for (const [idx, elem] of elems.entries()) {`,
  },
  // A read that the guest gives up leaves its element with the bindings: whoever made the stream can ask how many.
  {
    what: 'count of unread elements',
    from: literal('const pendingValues = new PendingValueQueue(readFn, elemMeta);'),
    to: 'const pendingValues = new PendingValueQueue(readFn, elemMeta);\n    readFn.watch?.(() => pendingValues.length);',
  },
  {
    what: 'who is told of them',
    from: literal('readFn = () => asyncIterator.next();'),
    to: 'readFn = () => asyncIterator.next();\n      readFn.watch = (unread) => { stream.unread = unread; };',
  },
];

/** What of code that carries streams is not as it was when the changes to it were written; for a test. */
export function unmended(code: string): readonly string[] {
  return MENDS.filter(({ from }) => code.search(from) < 0).map(({ what }) => what);
}

/**
 * Makes streams and async functions of generated code fast, and bounded in memory. A change that has no place is left
 * out, and code that would not parse afterwards is returned as it was: its streams work, slowly.
 */
export function mendStreams(code: string): string {
  if (!code.includes('async runTickLoop()')) return code;
  const mended = MENDS.reduce((text, { from, to }) => text.replaceAll(from, () => to), code);
  return parses(mended) ? mended : code;
}
