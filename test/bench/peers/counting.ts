import { createServer } from 'node:http';

let handled = 0;

/** To be called for each message when its handler is done. */
export function count(): void {
  handled++;
}

/**
 * Tells what was counted as the host tells it, at `/metrics`.
 * @param port 0 for none
 */
export function tell(port: number): void {
  if (port === 0) return;
  const page = () => `host_messages_handled_total ${handled}\n`;
  createServer((_, response) => response.end(page())).listen(port, '127.0.0.1');
}
