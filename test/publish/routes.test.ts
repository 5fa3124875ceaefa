import { describe, expect, it } from 'vitest';
import { describeRoutes, routeWarnings } from '../../src/publish/index.ts';
import { Routes } from '../../src/publish/routes.ts';
import { address, binding } from './fakes.ts';

const first = binding('first');
const second = binding('second');
const alerts = binding('alerts', { publish: ['alert/#', '+/urgent'] });
const wide = binding('wide', { publish: ['alert/#', '$app/x'] });

describe('a route', () => {
  it.each([
    ['alert/a', undefined, 'alerts'],
    ['alert/a', 'second', 'alerts'],
    ['x/urgent', 'wide', 'alerts'],
    ['$app/x', 'second', 'wide'],
    ['other', 'second', 'second'],
    ['other', 'first', 'first'],
    ['other', 'alerts', 'first'],
    ['other', undefined, 'first'],
    ['other', 'unknown', 'first'],
    ['$SYS/x', 'first', undefined],
    ['$app/y', undefined, undefined],
  ])('of %s while handling a message of %s is %s', (topic, current, found) => {
    const routes = new Routes([first, alerts, second, wide]);
    expect(routes.find(topic, current)?.name).toBe(found);
  });

  it('prefers the order of the file among filters that match', () => {
    expect(new Routes([wide, alerts]).find('alert/a', 'alerts')?.name).toBe('wide');
  });

  it('is none where every binding says what it grants', () => {
    const routes = new Routes([alerts, binding('silent', { publish: [] })]);
    expect(routes.find('other', 'alerts')).toBeUndefined();
    expect(routes.find('other', 'silent')).toBeUndefined();
    expect(routes.granted()).toBe('"alert/#", "+/urgent"');
  });

  it('names the default and nothing in what is granted', () => {
    expect(new Routes([alerts, first]).granted()).toBe(
      '"alert/#", "+/urgent", every topic that does not start with "$"',
    );
    expect(new Routes([binding('silent', { publish: [] })]).granted()).toBe('nothing');
  });
});

describe('describeRoutes', () => {
  it('lists them in the order in which they are tried', () => {
    const remote = binding('remote', {
      publish: ['r/#'],
      qos: 2,
      format: 'raw',
      connection: { addresses: [address('a'), address('b')], keepalive: 1, protocol: 5, password: 'secret' },
    });
    const silent = binding('silent', { publish: [] });
    expect(describeRoutes([first, remote, second, silent])).toEqual([
      {
        binding: 'remote',
        filters: ['r/#'],
        fallback: false,
        broker: 'tcp://a:1883 tcp://b:1883',
        qos: 2,
        format: 'raw',
      },
      expect.objectContaining({ binding: 'second', filters: undefined, fallback: false }),
      expect.objectContaining({ binding: 'first', filters: undefined, fallback: true }),
    ]);
  });
});

describe('routeWarnings', () => {
  const sure = binding('sure', { qos: 2, transactional: true });
  const named = (...bindings: Parameters<typeof routeWarnings>[0]) =>
    routeWarnings(bindings).map((text) =>
      /"(\w+)" \(qos.*binding "(\w+)".*may be (lost|repeated)/s.exec(text)?.slice(1).join(' '),
    );

  it('names a transactional binding and each way out at a lower qos', () => {
    const [once, never] = [binding('once', { publish: ['a/#'], qos: 1 }), binding('never', { publish: ['b'], qos: 0 })];
    expect(named(sure, once, never)).toEqual(['sure once repeated', 'sure never lost']);
    expect(routeWarnings([sure, once])[0]).toContain(once.path);
  });

  it.each<[string, Parameters<typeof routeWarnings>[0]]>([
    ['its own way out', [sure]],
    ['ways out at its qos', [sure, binding('same', { publish: ['a'], qos: 2 })]],
    ['another default, which its guest does not use', [binding('first', { qos: 0 }), sure]],
    ['a binding that grants nothing', [sure, binding('silent', { publish: [], qos: 0 })]],
    ['no transaction', [binding('loose', { qos: 2 }), binding('once', { publish: ['a'], qos: 0 })]],
    ['no handler', [{ ...sure, kind: 'publish-only' }, binding('once', { publish: ['a'], qos: 0 })]],
  ])('says nothing of %s', (_name, bindings) => {
    expect(routeWarnings(bindings)).toEqual([]);
  });

  it('knows that a binding which says what it grants falls back to the first that does not', () => {
    const strict = binding('strict', { qos: 2, transactional: true, publish: ['a'] });
    expect(named(strict, binding('rest', { qos: 1 }), binding('later', { qos: 0 }))).toEqual(['strict rest repeated']);
  });
});
