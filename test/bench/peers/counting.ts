import { createServer } from 'node:http';

/** What a peer counts, told as the host tells it: `/metrics` of one port, so that both are asked in the same way. */
export const counted = { handled: 0 };

/** @param port 0 for none */
export function tell(port: number): void {
  if (port === 0) return;
  const page = () => `host_messages_handled_total ${counted.handled}\n`;
  createServer((_, response) => response.end(page())).listen(port, '127.0.0.1');
}
