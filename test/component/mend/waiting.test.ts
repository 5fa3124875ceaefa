import { describe, expect, it } from 'vitest';
import { mendStreams } from '../../../src/component/mend/streams.ts';
import { stripDebugLog } from '../../../src/component/mend/strip.ts';
import { mendedWaits, mendWaiting } from '../../../src/component/mend/waiting.ts';
import { transpileWithJco } from '../../../src/component/transpile.ts';
import { publishingGuest, waitingGuest } from '../support/guests.ts';

const EXPORT = 'wasi:pubsub/data-on-message@0.1.0#on-message';

async function generated(guest: Uint8Array, asyncImport: string): Promise<string> {
  const how = { mode: 'jspi', asyncImports: [asyncImport], asyncExports: [EXPORT] } as const;
  return mendStreams(stripDebugLog((await transpileWithJco(guest, how)).code));
}

describe('generated code that waits', () => {
  it('is as it was when the changes to it were written', async () => {
    const code = await generated(await publishingGuest(), 'wasi:pubsub/data-basic@0.1.0#publish');
    expect(code.split('_wakeSuspended()').length - 1).toBe(2);
    const mended = mendWaiting(code);
    expect(mendedWaits(mended)).toEqual({ imports: 1, exports: 1 });
    expect(mendedWaits(mendWaiting(mended))).toEqual({ imports: 1, exports: 1 });
  });

  it('keeps its tasks where the result of an import does not lie in memory', async () => {
    const code = await generated(await waitingGuest(), 'test:host/tools@1.2.3#ready');
    expect(mendedWaits(mendWaiting(code))).toEqual({ imports: 0, exports: 1 });
  });

  it.each([
    [
      'lowers an import asynchronously',
      'isAsync: false,\n    isManualAsync: _trampoline',
      'isAsync: true,\n    isManualAsync: _trampoline',
    ],
    ['lends resources to it', 'let ret;', 'task.addBorrowedHandle(); let ret;'],
    ['enters otherwise', 'await task.enter({ isHost: hostProvided })', 'await task.enter({ isHost: true })'],
  ])('keeps its tasks where it %s', async (_, from, to) => {
    const code = await generated(await publishingGuest(), 'wasi:pubsub/data-basic@0.1.0#publish');
    const other = code.replaceAll(from, to);
    expect(other).not.toBe(code);
    expect(mendedWaits(mendWaiting(other)).imports).toBe(0);
  });

  it('is left alone where it is not known', () => {
    expect(mendWaiting('export function instantiate() {}')).toBe('export function instantiate() {}');
  });
});
