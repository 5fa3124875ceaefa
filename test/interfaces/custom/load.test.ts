import { describe, expect, it } from 'vitest';
import type { GuestContext, InterfaceLink, InvokeReply, InvokeRequest } from '../../../src/guest.ts';
import { loadLinks } from '../../../src/interfaces/index.ts';
import { GuestTrap, WitError } from '../../../src/interfaces/wit-error.ts';
import { fakeContext } from '../context.ts';

type Call = (...args: unknown[]) => unknown;

const FUNCTIONS = [
  { wit: 'plain-one', js: 'plainOne', fallible: false },
  { wit: 'fallible', js: 'fallible', fallible: true },
];
const link = (module?: string): InterfaceLink => ({
  import: 'acme:a/x@1.2.0',
  key: 'acme:a/x@1.0.0',
  module,
  functions: FUNCTIONS,
});

/** The functions that an instance links to. */
async function linked(given: InterfaceLink, context: GuestContext = fakeContext()) {
  const { plainOne, fallible } = ((await loadLinks([given]))(context)[given.import] ?? {}) as Record<string, Call>;
  if (plainOne === undefined || fallible === undefined) throw new Error('not linked');
  return { plainOne, fallible };
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

describe('a function that is called by message', () => {
  async function answering(reply: InvokeReply) {
    const requests: InvokeRequest[] = [];
    const invoke = async (request: InvokeRequest) => {
      requests.push(request);
      return reply;
    };
    return { requests, ...(await linked(link(), { ...fakeContext(), invoke })) };
  }

  it('is asked for by the name that was given', async () => {
    const { requests, plainOne } = await answering({ kind: 'ok', value: 3 });
    expect(await plainOne(1, 'two')).toBe(3);
    expect(requests).toEqual([{ key: 'acme:a/x@1.0.0', function: 'plainOne', args: [1, 'two'] }]);
  });

  it('throws its typed error where it has one', async () => {
    const { plainOne, fallible } = await answering({ kind: 'err', payload: { tag: 'closed' } });
    const error = await Promise.resolve(fallible()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WitError);
    expect(error).toMatchObject({ payload: { tag: 'closed' } });
    const trap = await Promise.resolve(plainOne()).catch((thrown: unknown) => thrown);
    expect(trap).toBeInstanceOf(GuestTrap);
    expect(trap).not.toHaveProperty('payload');
  });

  it('traps for any other fault', async () => {
    const { fallible } = await answering({ kind: 'fault', message: 'threw: a bug' });
    const trap = await Promise.resolve(fallible()).catch((thrown: unknown) => thrown);
    expect(trap).toBeInstanceOf(GuestTrap);
    expect(trap).toMatchObject({ message: 'acme:a/x@1.2.0#fallible threw: a bug' });
  });
});

describe('a function of a module', () => {
  const module = (body: string) => {
    const code = `export const fallible = (x) => { ${body} };\nexport const plainOne = fallible;`;
    return linked(link(`data:text/javascript,${encodeURIComponent(code)}`));
  };

  it('is called at once, with its arguments alone', async () => {
    const { plainOne } = await module('return [x, 1];');
    expect(plainOne('a')).toEqual(['a', 1]);
  });

  it('throws its typed error where it has one', async () => {
    const { plainOne, fallible } = await module('throw Object.assign(new Error("x"), { payload: x });');
    expect(thrownBy(() => fallible('p'))).toMatchObject({ name: 'WitError', payload: 'p' });
    expect(thrownBy(() => plainOne('p'))).toBeInstanceOf(GuestTrap);
    const bare = await module('throw x;');
    expect(thrownBy(() => bare.fallible(7))).toMatchObject({ name: 'WitError', payload: 7 });
  });

  it.each([
    ['throw new TypeError("a bug");', /^acme:a\/x@1\.2\.0#fallible threw: a bug$/],
    ['return Promise.reject(new Error("late"));', /#fallible returned a promise: what waits belongs into "functions"/],
    ['throw Object.assign(new Error("exit"), { exitCode: 0 });', /#fallible threw: exit$/],
  ])('%s is a trap', async (body, message) => {
    const { fallible } = await module(body);
    const trap = thrownBy(() => fallible());
    expect(trap).toBeInstanceOf(GuestTrap);
    expect(trap).toMatchObject({ message: expect.stringMatching(message) });
    expect(trap).not.toHaveProperty('exitCode');
  });

  it('fails to load with what the module throws', async () => {
    await expect(loadLinks([link('data:text/javascript,throw new Error("no disk")')])).rejects.toThrow('no disk');
  });
});
