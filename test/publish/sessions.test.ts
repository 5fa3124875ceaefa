import { describe, expect, it } from 'vitest';
import { groupPublishers } from '../../src/publish/index.ts';
import type { ConnectionOptions, Will } from '../../src/types.ts';
import { address, binding } from './fakes.ts';

const connection = (more: Partial<ConnectionOptions> = {}): ConnectionOptions => ({
  addresses: [address('localhost')],
  keepalive: 30_000,
  protocol: 5,
  ...more,
});
const will = (topic: string): Will => ({ topic, payload: 'gone', qos: 1, retain: false });
const group = (...bindings: ReturnType<typeof binding>[]) =>
  groupPublishers(bindings, (of) => of.clientId ?? `app-${of.name}`);

describe('groupPublishers', () => {
  it('makes one session for each broker and credentials, named after its first binding', () => {
    const a = binding('a');
    const b = binding('b', { connection: connection({ addresses: [address('other')] }), clientId: 'mine' });
    const c = binding('c', { connection: connection({ keepalive: 5_000, protocol: 4, password: 'x' }) });
    const d = binding('d', { connection: connection({ addresses: [address('other')] }) });
    const sessions = group(a, b, c, d);
    expect(sessions.map(({ clientId, bindings }) => [clientId, bindings])).toEqual([
      ['app-a-pub', [a, c]],
      ['mine-pub', [b, d]],
    ]);
    expect(sessions[0]?.connection).toMatchObject({ keepalive: 30_000, protocol: 5 });
  });

  it.each([
    ['user', connection({ username: 'u' })],
    ['client certificate', connection({ tls: { cert: 'PEM', key: 'PEM', insecure: false } })],
    ['address', connection({ addresses: [address('localhost'), address('other')] })],
    ['path', connection({ addresses: [{ ...address('localhost'), protocol: 'ws', path: '/mqtt' }] })],
  ])('keeps bindings with another %s apart', (_, other) => {
    expect(group(binding('a'), binding('b', { connection: other }))).toHaveLength(2);
  });

  it('keeps drivers apart, and not the ways to write an address', () => {
    expect(group(binding('a'), binding('b', { driver: 'other' }))).toHaveLength(2);
    const written = { ...address('localhost'), display: 'mqtt://localhost' };
    expect(group(binding('a'), binding('b', { connection: connection({ addresses: [written] }) }))).toHaveLength(1);
  });

  it("keeps a driver's own urls apart as they are written", () => {
    const at = (display: string) =>
      connection({ addresses: [{ protocol: 'other', host: 'here', port: 0, path: '', display }] });
    const bindings = ['mem://here', 'mems://here', 'mem://here'].map((url, i) =>
      binding(`b${i}`, { driver: 'memory', connection: at(url) }),
    );
    expect(group(...bindings).map(({ bindings: shared }) => shared.map(({ name }) => name))).toEqual([
      ['b0', 'b2'],
      ['b1'],
    ]);
  });

  it('keeps the session as long as any binding wants it kept', () => {
    expect(group(binding('a', { sessionExpiry: 0 }), binding('b', { sessionExpiry: 5 }))[0]?.sessionExpiry).toBe(5);
    expect(group(binding('a', { sessionExpiry: 0 }))[0]?.sessionExpiry).toBe(0);
  });

  it('carries the will of a publish-only binding, never that of a subscriber', () => {
    const subscriber = binding('a', { connection: connection({ will: will('a') }) });
    const only = binding('b', { kind: 'publish-only', publish: ['b'], connection: connection({ will: will('b') }) });
    const late = binding('c', { kind: 'publish-only', publish: ['c'], connection: connection({ will: will('c') }) });
    expect(group(subscriber)[0]?.connection.will).toBeUndefined();
    const [session] = group(subscriber, only, late);
    expect(session?.connection.will).toEqual(will('b'));
    expect(session?.unusedWills).toEqual([late]);
  });
});
