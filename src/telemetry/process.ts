import { readdirSync } from 'node:fs';
import type { Exposition } from './exposition.ts';

/** Only Linux has this folder; reading it opens one more. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

/** Writes the process's own figures, under the names that Prometheus' client libraries share. Seconds. */
export function writeProcess(page: Exposition, eventLoopLag: number): void {
  const { user, system } = process.cpuUsage();
  const files = openFiles();
  page.gauge('process_resident_memory_bytes', 'Resident memory.', [[{}, process.memoryUsage.rss()]]);
  page.counter('process_cpu_seconds_total', 'CPU time, user and system.', [[{}, (user + system) / 1e6]]);
  page.gauge('process_open_fds', 'Open file descriptors.', files === undefined ? [] : [[{}, files]]);
  page.gauge('nodejs_eventloop_lag_seconds', 'How late the event loop came to this page.', [[{}, eventLoopLag]]);
}
