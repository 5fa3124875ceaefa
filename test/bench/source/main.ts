/**
 * The synthetic broker, in a process of its own: `main.ts <options as JSON>` ({@link SourceOptions}). It speaks enough of
 * MQTT 5 to saturate a subscriber with prepared packets and to answer what a publisher sends, and routes nothing, so
 * that not the broker but its client is the limit. Prints `listening`; its report is had by HTTP.
 */
import { writeSync } from 'node:fs';
import { createServer as createReporter } from 'node:http';
import { createServer } from 'node:net';
import { type ConnectionCounters, serve } from './connection.ts';
import type { SourceOptions, SourceReport } from './options.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as SourceOptions;

const epoch = () => performance.timeOrigin + performance.now();
const MAX_SAMPLES = 1_000_000;
const samples: number[] = [];
let [acknowledged, published] = [0, 0];
let [connectedAt, acknowledgedAt]: (number | undefined)[] = [];

const counters: ConnectionCounters = {
  connected: () => {
    connectedAt ??= epoch();
  },
  published: () => {
    published++;
  },
  acknowledged: (latency) => {
    acknowledgedAt ??= epoch();
    acknowledged++;
    if (latency !== undefined && acknowledged > (options.rate ?? 0) && samples.length < MAX_SAMPLES)
      samples.push(latency);
  },
};

function report(): SourceReport {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  const latency = sorted.length === 0 ? undefined : { count: sorted.length, p50: at(0.5), p99: at(0.99) };
  return { acknowledged, published, connectedAt, acknowledgedAt, latency };
}

createReporter((_, response) => response.end(JSON.stringify(report()))).listen(options.reportPort, '127.0.0.1', () => {
  const broker = createServer((socket) => serve(socket, options, counters));
  broker.listen(options.port, '127.0.0.1', () => writeSync(1, 'listening\n'));
});
