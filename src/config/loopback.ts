import { BlockList, isIP } from 'node:net';

const addresses = new BlockList();
addresses.addSubnet('127.0.0.0', 8, 'ipv4');
addresses.addAddress('::1', 'ipv6');

/** Whether a host name or address (no brackets) is this machine: `localhost`, 127.0.0.0/8 or `::1`, in any spelling. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return addresses.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
