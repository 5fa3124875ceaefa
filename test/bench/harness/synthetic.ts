import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/ports.ts';
import type { SourceOptions, SourceReport } from '../source/options.ts';
import type { Consumer, RunningConsumer } from './consumers.ts';
import type { Contestant, Context } from './measure.ts';
import { node } from './processes.ts';
import { steady } from './sampling.ts';

export type Feeding = Partial<SourceOptions> & Pick<SourceOptions, 'qos'>;

export interface SyntheticRun {
  readonly consumer: RunningConsumer;
  report(): Promise<SourceReport>;
  /** Milliseconds since the epoch at which the consumer was started. */
  readonly startedAt: number;
}

const DEFAULTS = { size: 256, topics: 16, cloudEvents: false } as const;
export const START_TIMEOUT = 60_000;

/** Runs a consumer against the synthetic broker, and ends both. */
export async function withSynthetic<T>(
  { root, window }: Context,
  consumer: Consumer,
  feeding: Feeding,
  use: (run: SyntheticRun) => Promise<T>,
): Promise<T> {
  const [port, reportPort] = [await freePort(), await freePort()];
  const dir = mkdtempSync(join(root, 'run-'));
  const options: SourceOptions = { ...DEFAULTS, window, ...feeding, port, reportPort };
  const source = node('source/main.ts', JSON.stringify(options));
  await source.waitFor('listening');
  const startedAt = performance.timeOrigin + performance.now();
  const running = await consumer.start({ port, qos: feeding.qos, dir, cache: join(root, 'cache') });
  const report = async () => (await (await fetch(`http://127.0.0.1:${reportPort}/`)).json()) as SourceReport;
  try {
    return await use({ consumer: running, report, startedAt });
  } finally {
    await running.process.kill('SIGKILL');
    await source.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What a consumer does under a flood from the synthetic broker, once it is warm. */
export function flooded(context: Context, consumer: Consumer, feeding: Feeding): Contestant {
  return {
    name: consumer.name,
    ...(consumer.once ? { maxRounds: 1 } : {}),
    run: () =>
      withSynthetic(context, consumer, feeding, ({ consumer: running }) => steady(running, context, START_TIMEOUT)),
  };
}
