import { createServer } from 'node:http';

/** Every so many messages of the first ones the time and the CPU are noted: a busy event loop answers too late. */
const MARK_EVERY = 200;
const MOST_MARKS = 1_500;

let handled = 0;
const marks: string[] = [];

/** To be called for each message when its handler is done. */
export function count(): void {
  handled++;
  if (handled % MARK_EVERY > 0 || marks.length === MOST_MARKS) return;
  const { user, system } = process.cpuUsage();
  marks.push(`mark ${handled} ${performance.timeOrigin + performance.now()} ${user + system}`);
}

/**
 * Tells what was counted as the host tells it, at `/metrics`, with lines `mark <messages> <ms since the epoch> <us of CPU>`.
 * @param port 0 for none
 */
export function tell(port: number): void {
  if (port === 0) return;
  const page = () => `host_messages_handled_total ${handled}\n${marks.join('\n')}\n`;
  createServer((_, response) => response.end(page())).listen(port, '127.0.0.1');
}
