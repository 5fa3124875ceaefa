import { describe, expect, it } from 'vitest';
import { describeRoutes } from '../../src/publish/index.ts';
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
      expect.objectContaining({ binding: 'first', filters: undefined, fallback: true }),
      expect.objectContaining({ binding: 'second', filters: undefined, fallback: false }),
    ]);
  });
});
