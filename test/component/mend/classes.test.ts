import { describe, expect, it } from 'vitest';
import { mendClasses, mendedClasses } from '../../../src/component/mend/classes.ts';
import { mend } from '../../../src/component/mend/index.ts';
import { type Transpiled, transpileWithJco } from '../../../src/component/transpile.ts';
import { event, HANDLER, how, instantiate, outcome, PUBLISH } from '../support/generated.ts';
import { publishingGuest, syncGuest } from '../support/guests.ts';

async function mended(guest: Promise<Uint8Array>, asyncImport?: string): Promise<Transpiled> {
  const { code, cores } = await transpileWithJco(await guest, how(asyncImport));
  return { code: mend(code, false), cores };
}

const guests = [() => mended(syncGuest()), () => mended(publishingGuest(), PUBLISH)];

/** Handlers of two instances, and how the publishes go on that wait. */
async function two(transpiled: Transpiled) {
  const goOn: (() => void)[] = [];
  const imports = {
    'wasi:pubsub/data-basic': { publish: () => new Promise<void>((resolve) => goOn.push(resolve)) },
  };
  const handlers = await Promise.all(
    [1, 2].map(async () => {
      const { onMessage } = (await instantiate(transpiled, imports))[HANDLER] ?? {};
      if (onMessage === undefined) throw new Error('no handler');
      return (type: string) => outcome(() => onMessage(event(type)));
    }),
  );
  const [first, second] = handlers;
  if (first === undefined || second === undefined) throw new Error('not two');
  return { first, second, goOn };
}

describe('generated classes', () => {
  it.each(guests)('are as they were when they were made once for all instances', async (make) => {
    const { code } = await make();
    expect(mendedClasses(code)).toBe(2);
    expect(mendClasses(code)).toBe(code);
  });

  it.each([
    ['is another', 'waitForProgress() {', 'waitForProgress() { void 1;'],
    ['is another that uses more', 'throwIfTrapped() {', 'throwIfTrapped() { if (STORE_TRAP.error) return;'],
    ['is made elsewhere, too', 'function createNewCurrentTask(', 'new AsyncTask({});\nfunction createNewCurrentTask('],
    ['counts with others', 'let RESOURCE_SCOPE_ID = 0;', 'let RESOURCE_SCOPE_ID = 0;\nRESOURCE_SCOPE_ID++;'],
  ])('stay where one %s', async (_, from, to) => {
    for (const [guest, asyncImport] of [[syncGuest()], [publishingGuest(), PUBLISH]] as const) {
      const { code } = await transpileWithJco(await guest, how(asyncImport));
      const other = code.replace(from, to);
      expect(other).not.toBe(code);
      expect(mendedClasses(mend(other, false))).toBe(0);
    }
  });

  it('stay where there is something of component-model async', async () => {
    const { code } = await transpileWithJco(await syncGuest(), how());
    expect(mendedClasses(mend(code, true))).toBe(0);
  });

  it('are left alone where they are not known', () => {
    expect(mendClasses('export function instantiate() {}')).toBe('export function instantiate() {}');
  });
});

describe('instances with the same classes', () => {
  it.each(guests)('trap each for itself', async (make) => {
    const { first, second } = await two(await make());
    expect(await first('t')).toContain('unreachable');
    expect(await first('c')).toContain('cannot enter component instance');
    expect(await second('c')).not.toContain('cannot enter');
  });

  it('wait each for itself', async () => {
    const { first, second, goOn } = await two(await mended(publishingGuest(), PUBLISH));
    const [one, queued, other] = [first('p'), first('p'), second('p')];
    await expect.poll(() => goOn.length).toBe(2);
    goOn[1]?.();
    expect(await other).toBe('undefined');
    expect(await second('t')).toContain('unreachable');
    goOn[0]?.();
    expect(await one).toBe('undefined');
    await expect.poll(() => goOn.length).toBe(3);
    goOn[2]?.();
    expect(await queued).toBe('undefined');
  });
});
