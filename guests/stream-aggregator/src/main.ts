import '../../prelude/console.ts';
import '../../prelude/text.ts';
import { getArguments } from 'wasi:cli/environment@0.2.12';
import { publish, stream } from 'wasi:pubsub/data-basic@0.1.0';
import { Summary } from './summary.ts';

const encoder = new TextEncoder();

/**
 * Sums up readings, and publishes a summary of every `batch` of them (the first argument, 10 unless given) and of what
 * is left when the stream ends, which it does when the host stops.
 */
async function aggregate(): Promise<void> {
  const batch = Number(getArguments()[1] ?? 10);
  let summary = new Summary();
  for await (const reading of stream('readings/+')) {
    summary.add(reading.data);
    if (summary.count < batch) continue;
    report(summary);
    summary = new Summary();
  }
  if (summary.count > 0) report(summary);
  console.log('the stream has ended');
}

function report(summary: Summary): void {
  publish('summaries', {
    id: '',
    source: '/stream-aggregator',
    type: 'com.example.readings.summary',
    data: encoder.encode(JSON.stringify(summary)),
  });
}

export const run = { run: aggregate };
