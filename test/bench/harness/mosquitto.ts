import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { QoS } from '../../../src/types.ts';
import { freePort } from '../../support/ports.ts';
import { findProgram, type SpawnedProcess, spawnProcess } from '../../support/process.ts';
import type { SourceOptions } from '../source/options.ts';
import type { Consumer, Target } from './consumers.ts';
import type { Contestant, Context, Values } from './measure.ts';
import { node } from './processes.ts';
import { between, steady, when } from './sampling.ts';
import type { Feeding } from './synthetic.ts';

/** What Mosquitto takes from one publisher at a time (`max_inflight_messages`). */
const WINDOW = 20;
/** Of a backlog, at most, in bytes. */
const MOST = 200_000_000;
/** Share of a backlog that may be gone before the clock starts: a busy event loop answers late. */
const MOST_BEFORE = 0.75;
const START_TIMEOUT = 120_000;

export function findMosquitto(): string | undefined {
  return findProgram('mosquitto', ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin']);
}

async function startBroker(
  program: string,
  dir: string,
): Promise<{ readonly port: number; readonly broker: SpawnedProcess }> {
  const [port, config] = [await freePort(), join(dir, 'mosquitto.conf')];
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'max_queued_messages 0', 'user root'];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const broker = spawnProcess(program, ['-c', config]);
  await broker.waitFor(/running/);
  return { port, broker };
}

function publisher(port: number, feeding: Feeding, total?: number): SpawnedProcess {
  const options: SourceOptions = {
    size: 256,
    topics: 16,
    cloudEvents: false,
    window: WINDOW,
    ...feeding,
    port,
    reportPort: 0,
    total,
  };
  return node('source/publisher.ts', JSON.stringify(options));
}

/** Publishes so many and waits until the broker has them. */
async function publish(target: Target, feeding: Feeding, count: number): Promise<void> {
  const source = publisher(target.port, feeding, count);
  await source.waitFor('done', { timeout: START_TIMEOUT });
  await source.kill('SIGKILL');
}

/**
 * At qos 1 and 2: a consumer that is warm stands still while messages are queued for it, so that no publisher takes part
 * of the machine when it works them off.
 */
async function workOff(consumer: Consumer, target: Target, feeding: Feeding, count: Backlog): Promise<Values> {
  await consumer.prepare?.(target);
  const running = await consumer.start(target);
  const { pid } = running.process;
  try {
    await running.subscribed();
    await publish(target, feeding, count.warmUp);
    await when(running, count.warmUp, START_TIMEOUT);
    process.kill(pid, 'SIGSTOP');
    await publish(target, feeding, count.queued);
    process.kill(pid, 'SIGCONT');
    const [begin, end] = [count.warmUp + Math.ceil(count.queued / 10), count.warmUp + count.queued];
    const seen = await when(running, begin, START_TIMEOUT);
    const last = await when(running, end, START_TIMEOUT);
    const marks = (await running.marks?.()) ?? [];
    const first = marks.find(({ handled }) => handled >= begin) ?? seen;
    if (first.handled > end - count.queued * (1 - MOST_BEFORE))
      throw new Error(`${first.handled} of ${end} were handled when it first answered`);
    return between(first, marks.at(-1) ?? last);
  } finally {
    await running.process.kill('SIGKILL');
  }
}

/** At qos 0 there is no backlog: a publisher floods meanwhile, and the broker drops what the consumer does not take. */
async function underFlood(context: Context, consumer: Consumer, target: Target, feeding: Feeding): Promise<Values> {
  const running = await consumer.start(target);
  let source: SpawnedProcess | undefined;
  try {
    await running.subscribed();
    source = publisher(target.port, feeding);
    return await steady(running, context, START_TIMEOUT);
  } finally {
    await running.process.kill('SIGKILL');
    await source?.kill('SIGKILL');
  }
}

interface Backlog {
  /** Messages before the backlog. */
  readonly warmUp: number;
  readonly queued: number;
}

/** Enough for about a second. At qos 2 the time that Mosquitto takes grows with the square of what is queued. */
function backlog({ full }: Context, { qos, size = 256 }: Feeding): Backlog {
  const [warmUp, queued] = qos === 1 ? [150_000, 120_000] : [45_000, 30_000];
  const most = Math.floor(MOST / size);
  const share = full ? 1 : 0.25;
  return { warmUp: Math.min(warmUp * share, most), queued: Math.min(queued * share, most) };
}

/** What a consumer does with what Mosquitto, started for it alone, has for it. */
export function atMosquitto(
  context: Context,
  program: string,
  consumer: Consumer,
  feeding: Feeding & { readonly qos: QoS },
): Contestant {
  return {
    name: consumer.name,
    ...(consumer.once ? { maxRounds: 1 } : {}),
    run: async () => {
      const dir = mkdtempSync(join(context.root, 'run-'));
      const { port, broker } = await startBroker(program, dir);
      const target = { port, qos: feeding.qos, dir, cache: join(context.root, 'cache') };
      try {
        if (feeding.qos === 0) return await underFlood(context, consumer, target, feeding);
        return await workOff(consumer, target, feeding, backlog(context, feeding));
      } finally {
        await broker.kill('SIGKILL');
        rmSync(dir, { recursive: true, force: true });
      }
    },
  };
}
