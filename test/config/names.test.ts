import { describe, expect, test } from 'vitest';
import { brokerIdentity, type HostConfig, type KnownBinding, nameBindings } from '../../src/config/index.ts';
import { manyBindings, parse } from './fixtures.ts';

/** `q:a,b@broker=name`: kind, filters, broker and written name of one binding; the last two may be left out. */
function keysOf(short: string): string {
  const [, kind, filters = '', broker = 'localhost', name] =
    /^([qtp]):([^@=]*)(?:@([^=]*))?(?:=(.*))?$/.exec(short) ?? [];
  const list = JSON.stringify(filters.split(','));
  const subscription = { q: `queue = ${list}`, t: `topic = ${list}`, p: `publish = ${list}` }[kind ?? ''];
  return `url = "tcp://${broker}"\n${subscription}\n${name === undefined ? '' : `name = "${name}"\n`}`;
}

/** Of queues that are spelt alike, each has a group of its own. */
function groupOf(short: string, index: number, all: readonly string[]): string {
  const twins = all.slice(0, index).filter((other) => other.split('=')[0] === short.split('=')[0]).length;
  return short.startsWith('q:') && twins > 0 ? `group = "twin${twins}"\n` : '';
}

const app = (bindings: readonly string[]) =>
  parse(
    manyBindings(
      bindings.map((short, index, all) => keysOf(short) + groupOf(short, index, all)),
      'name = "x"\nstate_dir = "s"',
    ),
  );

/** What the journal knows after a run of `config`. */
function knownOf(config: HostConfig): KnownBinding[] {
  return config.bindings.flatMap(({ name, kind, filters, connection }) =>
    kind === 'publish-only'
      ? []
      : [{ binding: name, kind, filters, broker: brokerIdentity(connection), subscribed: [] }],
  );
}

const namesOf = (config: HostConfig) => config.bindings.map(({ name }) => name);
/** The names after one app ran and another took its place. */
const then = (before: readonly string[], after: readonly string[]) =>
  namesOf(nameBindings(app(after), knownOf(nameBindings(app(before), []))));

describe('without anything remembered', () => {
  test('by position', () => {
    expect(namesOf(app(['q:a', 't:b', 'p:c', 'q:a']))).toEqual(['b0', 'b1', 'b2', 'b3']);
  });

  test('written names stay, and are never given out', () => {
    expect(namesOf(app(['q:a=x', 't:b', 't:c']))).toEqual(['x', 'b1', 'b2']);
    expect(namesOf(app(['q:a=b1', 't:b', 't:c']))).toEqual(['b1', 'b0', 'b2']);
    expect(namesOf(app(['q:a', 't:b=b0', 't:c=b2']))).toEqual(['b1', 'b0', 'b2']);
  });
});

describe('with what state_dir remembers', () => {
  test.each([
    ['unchanged', ['q:a', 't:b', 'q:c'], ['q:a', 't:b', 'q:c'], ['b0', 'b1', 'b2']],
    ['the first deleted', ['q:a', 'q:b', 'q:c'], ['q:b', 'q:c'], ['b1', 'b2']],
    ['the middle one deleted', ['q:a', 'q:b', 'q:c'], ['q:a', 'q:c'], ['b0', 'b2']],
    ['swapped', ['q:a', 'q:b'], ['q:b', 'q:a'], ['b1', 'b0']],
    ['turned round', ['q:a', 't:a', 'q:c'], ['q:c', 't:a', 'q:a'], ['b2', 'b1', 'b0']],
    ['one in front', ['q:a', 'q:b'], ['q:new', 'q:a', 'q:b'], ['b2', 'b0', 'b1']],
    ['one at the end', ['q:a'], ['q:a', 'q:new'], ['b0', 'b1']],
    ['filters changed in place', ['q:a', 'q:b'], ['q:a', 'q:c'], ['b0', 'b1']],
    ['a filter added in place', ['q:a', 'q:b'], ['q:a,x', 'q:b'], ['b0', 'b1']],
    ['filters in another order', ['q:a', 'q:b,c'], ['q:c,b', 'q:a'], ['b1', 'b0']],
    ['swapped, one changed', ['q:a', 'q:b'], ['q:b', 'q:c'], ['b1', 'b2']],
    ['one deleted and one new', ['q:a', 'q:b'], ['q:b', 't:new'], ['b1', 'b2']],
    ['another kind in its place', ['q:a', 'q:b'], ['t:a', 'q:b'], ['b2', 'b1']],
    ['another broker in its place', ['q:a', 'q:b'], ['q:a@far', 'q:b'], ['b2', 'b1']],
    ['a publish-only one in its place', ['q:a', 'q:b'], ['p:x', 'q:b'], ['b2', 'b1']],
    ['a publish-only one in front', ['q:a'], ['p:x', 'q:a'], ['b1', 'b0']],
    ['another twin in front of twins', ['q:a', 'q:a'], ['q:a', 'q:a', 'q:a'], ['b0', 'b1', 'b2']],
    ['the first of twins deleted', ['q:a', 'q:a', 'q:c'], ['q:a', 'q:c'], ['b0', 'b2']],
    ['a twin that moved', ['q:x', 'q:a', 'q:a'], ['q:a', 'q:a'], ['b2', 'b1']],
    ['a new written name', ['q:a', 'q:b'], ['q:a=b1', 'q:b'], ['b1', 'b2']],
    ['a name no longer written', ['q:a=shop', 'q:b'], ['q:b', 'q:a'], ['b1', 'shop']],
    ['a written name that was given out', ['q:a', 'q:b'], ['q:b', 'q:new=b1'], ['b0', 'b1']],
    ['all gone', ['q:a', 'q:b'], ['t:c', 't:d', 't:e'], ['b3', 'b4', 'b2']],
  ])('%s', (_, before, after, names) => {
    expect(then(before, after)).toEqual(names);
  });

  test('one name remembered on two brokers is one name', () => {
    const known: KnownBinding[] = [
      { binding: 'b0', kind: 'queue', broker: 'tcp://old', filters: ['a'], subscribed: [] },
      { binding: 'b0', kind: 'queue', broker: 'tcp://localhost', filters: ['a'], subscribed: [] },
    ];
    expect(namesOf(nameBindings(app(['q:a', 'q:a@old']), known))).toEqual(['b0', 'b1']);
  });

  test('queues that differ in their group alone keep apart', () => {
    const grouped = (...groups: string[]) =>
      parse(manyBindings(groups.map((group) => `url = "tcp://localhost"\nqueue = ["a", "b"]\ngroup = "${group}"`)));
    const known = ['one', 'two'].map((group, n) => ({
      binding: `b${n}`,
      kind: 'queue' as const,
      broker: 'tcp://localhost',
      filters: ['a', 'b'],
      subscribed: [`$share/${group}/a`, `$share/${group}/b`],
    }));
    expect(namesOf(nameBindings(grouped('two', 'one'), known))).toEqual(['b1', 'b0']);
    expect(namesOf(nameBindings(grouped('two'), known))).toEqual(['b1']);
    // A group that has changed is no other binding.
    expect(namesOf(nameBindings(grouped('one', 'three'), known))).toEqual(['b0', 'b1']);
  });

  test('a list of addresses is one broker', () => {
    const text = manyBindings(['url = ["tcp://localhost", "tcp://localhost:2"]\nqueue = "a"']);
    const known: KnownBinding[] = [
      { binding: 'b7', kind: 'queue', broker: 'tcp://localhost tcp://localhost:2', filters: ['a'], subscribed: [] },
    ];
    expect(namesOf(nameBindings(parse(text), known))).toEqual(['b7']);
  });

  test.each(['tcp://localhost', 'mqtt://127.0.0.1:1883', 'tcp://localhost:1883 tcp://other'])(
    'a broker that was remembered as %s is the same one, however it is spelt now',
    (broker) => {
      const known: KnownBinding[] = [{ binding: 'b7', kind: 'queue', broker, filters: ['a'], subscribed: [] }];
      expect(namesOf(nameBindings(app(['q:a']), known))).toEqual(['b7']);
    },
  );

  test('changes neither its argument nor anything but names, and freezes what it returns', () => {
    const before = app(['q:a', 'q:b']);
    const after = nameBindings(before, [
      { binding: 'b1', kind: 'queue', broker: 'tcp://localhost', filters: ['a'], subscribed: [] },
    ]);
    expect(namesOf(before)).toEqual(['b0', 'b1']);
    expect(namesOf(after)).toEqual(['b1', 'b0']);
    const nameless = (config: HostConfig) => config.bindings.map((binding) => ({ ...binding, name: '' }));
    expect(nameless(after)).toEqual(nameless(before));
    expect([after, after.bindings, after.bindings[0]].map((part) => Object.isFrozen(part))).toEqual([true, true, true]);
    expect(after.origins.get('capability[0].config[0].name')).toEqual({
      from: 'default',
      because: 'remembered in state_dir',
    });
    expect(after.origins.get('capability[0].config[1].name')).toEqual({ from: 'default', because: 'its position' });
  });
});

/** A small generator of numbers below `limit`, the same for each seed. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const pick = <T>(below: (limit: number) => number, from: readonly T[]): T => from[below(from.length)] as T;

describe('over any history', () => {
  const shapes = ['q:a', 'q:b', 'q:c,d', 't:a', 't:b', 'q:a@far', 'p:x', 'q:a=b0', 'q:b=b2', 't:c=shop'];

  test.each(Array.from({ length: 40 }, (_, seed) => seed))('nothing is mixed up (seed %i)', (seed) => {
    const below = random(seed + 1);
    let known: KnownBinding[] = [];
    for (let run = 0; run < 8; run++) {
      const wanted = Array.from({ length: 1 + below(5) }, () => pick(below, shapes));
      const written = new Set<string>();
      const bindings = wanted.filter((short) => {
        const name = short.split('=')[1];
        if (name === undefined || !written.has(name)) return written.add(name ?? '') !== undefined;
        return false;
      });
      const config = nameBindings(app(bindings), known);
      const names = namesOf(config);
      expect(new Set(names).size).toBe(names.length);
      expect(nameBindings(app(bindings), known)).toEqual(config);
      for (const binding of config.bindings.filter(({ named }) => !named)) {
        const holders = known.filter((each) => each.binding === binding.name);
        const own = holders.some(
          (each) => each.kind === binding.kind && each.broker === brokerIdentity(binding.connection),
        );
        expect(holders.length === 0 || own).toBe(true);
      }
      const next = knownOf(config);
      // Sessions that are gone may stay remembered: their broker is away.
      const left = known.filter((old) => below(2) === 0 && !next.some(({ binding }) => binding === old.binding));
      known = [...next, ...left];
    }
  });

  test.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'deleting and swapping keeps every name (seed %i)',
    (seed) => {
      const below = random(seed + 1000);
      const start = ['q:a', 'q:b', 't:a', 't:c,d', 'q:a@far', 't:e'].slice(0, 2 + below(5));
      const first = nameBindings(app(start), []);
      const nameOf = new Map(start.map((short, index) => [short, first.bindings[index]?.name]));
      let known = knownOf(first);
      let left = start;
      while (left.length > 1) {
        left = left.toSorted(() => below(3) - 1).slice(below(2));
        const config = nameBindings(app(left), known);
        expect(namesOf(config)).toEqual(left.map((short) => nameOf.get(short)));
        known = below(2) === 0 ? knownOf(config) : known;
        if (below(4) === 0) left = left.slice(1);
        if (left.length === 0) break;
      }
    },
  );
});
