import { describe, expect, it } from 'vitest';
import { checkGiven, checkImports, linkGiven } from '../../../src/component/index.ts';
import type { GivenInterface } from '../../../src/guest.ts';
import { functions, inspected, moduleAt } from './support.ts';

const CLOCK = `package acme:clock@1.4.0 {
  interface time {
    now: func() -> u64;
    look-up: func(zone: string) -> result<s32, string>;
    get-URL: func() -> result;
  }
  interface words { type word = string; }
  interface speech { use words.{word}; say: func(what: word); }
}`;
const TWO = `package acme:clock@1.0.0 { interface time { now: func(); } }
package acme:clock@2.1.0 { interface time { now: func(); } }
package acme:clock@0.3.0 { interface time { now: func(); } }`;

async function links(packages: string, imports: readonly string[], given: readonly GivenInterface[]) {
  return linkGiven(await inspected(packages, imports), given, 'guest.wasm');
}

describe('what was given', () => {
  it('is linked by the name with which it is imported, and knows which functions have typed errors', async () => {
    const given = [functions('acme:clock/time@1.0.0', 'now')];
    expect(await links(CLOCK, ['acme:clock/time@1.4.0'], given)).toEqual({
      links: [
        {
          import: 'acme:clock/time@1.4.0',
          key: 'acme:clock/time@1.0.0',
          module: undefined,
          functions: [
            { wit: 'now', js: 'now', fallible: false },
            { wit: 'look-up', js: 'lookUp', fallible: true },
            { wit: 'get-URL', js: 'getUrl', fallible: true },
          ],
        },
      ],
      unused: [],
    });
  });

  it.each([
    ['acme:clock/time@1.0.0', 'acme:clock/time@1.9.9'],
    ['acme:clock/time@2.1.0', 'acme:clock/time@2.0.0'],
    ['acme:clock/time@0.3.0', 'acme:clock/time@0.3.7'],
    ['acme:clock/time@0.3.0', 'acme:clock/time'],
  ])('%s is served by %s', async (imported, key) => {
    const found = await links(TWO, [imported], [moduleAt(key, 'file:///clock.js')]);
    expect(found.links).toMatchObject([{ import: imported, key, module: 'file:///clock.js' }]);
  });

  it.each(['acme:clock/time@0.4.0', 'acme:clock/time@1.0.0-rc.1', 'acme:clock/time@1.0.0', 'acme:clock/date@0.3.0'])(
    'acme:clock/time@0.3.0 is not served by %s',
    async (key) => {
      const inspection = await inspected(TWO, ['acme:clock/time@0.3.0']);
      const given = functions(key, 'now');
      expect(linkGiven(inspection, [given], 'guest.wasm')).toEqual({ links: [], unused: [key] });
      const provided = [{ name: given.name, version: given.version, waits: [] }];
      expect(() => checkImports(inspection, provided, 'guest.wasm')).toThrow(
        /guest\.wasm has an import .*time@0\.3\.0/,
      );
    },
  );

  it('may stand for several versions of one interface', async () => {
    const imports = ['acme:clock/time@1.0.0', 'acme:clock/time@2.1.0'];
    const given = [functions('acme:clock/time@2.1.0', 'now'), functions('acme:clock/time@1.0.0', 'now')];
    const both = await links(TWO, imports, given);
    expect(both.links.map((link) => [link.import, link.key])).toEqual(imports.map((name) => [name, name]));
    const one = await links(TWO, imports, [functions('acme:clock/time', 'now')]);
    expect(one.links.map(({ key }) => key)).toEqual(['acme:clock/time', 'acme:clock/time']);
  });

  it('is used although only types are imported of it, and needs no functions then', async () => {
    const given = [functions('acme:clock/words'), functions('acme:clock/speech', 'say')];
    const inspection = await inspected(CLOCK, ['acme:clock/speech@1.4.0']);
    expect(inspection.imports.map(({ name }) => name)).toContain('acme:clock/words');
    const { links: found, unused } = linkGiven(inspection, given, 'guest.wasm');
    expect(found.map(({ key }) => key)).toEqual(['acme:clock/speech']);
    expect(unused).toEqual([]);
  });

  it.each([
    ['acme:clock/time', 'acme:clock/time@1.0.0'],
    ['acme:clock/time@1.0.0', 'acme:clock/time@1.2.0'],
  ])('is refused where %s and %s could both be meant', async (first, second) => {
    const given = [functions(first, 'now'), functions(second, 'now')];
    await expect(links(TWO, [], given)).rejects.toMatchObject({
      code: 'ERR_INTERFACE_INVALID',
      message: `interfaces: "${first}" and "${second}" could stand for the same import: give one of them`,
    });
  });
});

describe('an interface that cannot be linked', () => {
  it.each([
    ['resource thing; find: func() -> thing;', /declares the resource thing.*; find passes a resource/],
    ['resource thing { constructor(); }', /declares the resource thing/],
    ['flow: func() -> stream<u8>;', /: flow passes a resource, stream or future: pass plain data/],
    ['later: func(x: list<option<future<u8>>>);', /: later passes a resource, stream or future/],
    ['wait: async func();', /: wait is an async func: declare it as func/],
  ])('%s', async (body, message) => {
    const packages = `package acme:x@1.0.0 { interface y { fine: func(); ${body} } }`;
    const found = links(packages, ['acme:x/y@1.0.0'], [functions('acme:x/y', 'fine', 'find', 'flow', 'later', 'wait')]);
    await expect(found).rejects.toMatchObject({
      code: 'ERR_COMPONENT_IMPORT',
      message: expect.stringMatching(message),
    });
    await expect(found).rejects.toThrow('guest.wasm imports acme:x/y@1.0.0, and the host cannot link');
  });

  it('is left alone where nothing was given for it', async () => {
    const packages = 'package acme:x@1.0.0 { interface y { wait: async func(); } }';
    expect((await links(packages, ['acme:x/y@1.0.0'], [])).links).toEqual([]);
  });
});

describe('functions that are missing', () => {
  it('are named, with what was found', async () => {
    const { links: found } = await links(CLOCK, ['acme:clock/time@1.4.0'], [functions('acme:clock/time', 'now')]);
    const [link] = found;
    if (link === undefined) throw new Error('no link');
    expect(() => checkGiven(link, ['now', 'look-up'], 'guest.wasm')).toThrow(
      'guest.wasm imports acme:clock/time@1.4.0, and what was given for it lacks lookUp (in WIT: look-up), getUrl (in WIT: get-URL); it has now, look-up',
    );
    expect(() => checkGiven(link, [], 'guest.wasm')).toThrow(/lacks now, lookUp .*; it has no function/);
    expect(() => checkGiven(link, ['now', 'lookUp', 'getUrl', 'more'], 'guest.wasm')).not.toThrow();
  });
});
