import { expect, it } from 'vitest';
import { payloadOf } from '../context.ts';
import { linked } from '../linked.ts';

it.each([
  ['wasi:sockets/tcp-create-socket', 'createTcpSocket', ['ipv4']],
  ['wasi:sockets/udp-create-socket', 'createUdpSocket', ['ipv6']],
  ['wasi:sockets/ip-name-lookup', 'resolveAddresses', [{}, 'localhost']],
])('%s refuses to %s', async (name, method, args) => {
  expect(await payloadOf(() => linked(name)[method](...args))).toBe('access-denied');
});

it.each(['TcpSocket', 'UdpSocket'])('refuses every operation of %s', async (name) => {
  const Socket = linked(name === 'TcpSocket' ? 'wasi:sockets/tcp' : 'wasi:sockets/udp')[name];
  const methods = Object.getOwnPropertyNames(Socket.prototype).filter((method) => method !== 'constructor');
  expect(methods).not.toEqual([]);
  for (const method of methods) expect(await payloadOf(() => new Socket()[method]()), method).toBe('access-denied');
});

it('hands out a network that grants nothing', () => {
  const network = linked('wasi:sockets/instance-network').instanceNetwork();
  expect(network).toBeInstanceOf(linked('wasi:sockets/network').Network);
});
