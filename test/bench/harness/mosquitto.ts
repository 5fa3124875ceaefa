import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { QoS } from '../../../src/types.ts';
import { freePort } from '../../support/ports.ts';
import { findProgram, type SpawnedProcess, spawnProcess } from '../../support/process.ts';
import type { SourceOptions } from '../source/options.ts';
import type { Consumer, RunningConsumer, Target } from './consumers.ts';
import type { Contestant, Context, Values } from './measure.ts';
import { cpuSeconds, node } from './processes.ts';
import { steady, when } from './sampling.ts';
import type { Feeding } from './synthetic.ts';

/** What Mosquitto takes from one publisher at a time (`max_inflight_messages`). */
const WINDOW = 20;
/** Of a backlog, at most, in bytes. */
const MOST = 200_000_000;
/** Milliseconds between two looks at how far a consumer is. */
const LOOK = 10;
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

/** Keeps a consumer busy for so many seconds, and until it has handled all; how many messages that were. */
async function warmUp(running: RunningConsumer, target: Target, feeding: Feeding, backlog: Backlog): Promise<number> {
  const until = performance.now() + backlog.warmUp * 1_000;
  let sent = 0;
  do {
    await publish(target, feeding, backlog.portion);
    sent += backlog.portion;
    await when(running, sent, START_TIMEOUT);
  } while (performance.now() < until);
  return sent;
}

/**
 * At qos 1 and 2: a consumer that is warm stands still while messages are queued for it, so that no publisher takes part
 * of the machine when it works them off.
 */
async function workOff(consumer: Consumer, target: Target, feeding: Feeding, backlog: Backlog): Promise<Values> {
  const { queued, times } = backlog;
  await consumer.prepare?.(target);
  const running = await consumer.start(target);
  const { pid } = running.process;
  try {
    await running.subscribed();
    const before = await warmUp(running, target, feeding, backlog);
    let [milliseconds, seconds] = [0, 0];
    for (let time = 1; time <= times; time++) {
      process.kill(pid, 'SIGSTOP');
      await publish(target, feeding, queued);
      const [at, cpu] = [performance.now(), cpuSeconds(pid)];
      process.kill(pid, 'SIGCONT');
      const last = await when(running, before + time * queued, START_TIMEOUT, LOOK);
      milliseconds += last.at - at;
      seconds += last.cpu - cpu;
    }
    const messages = queued * times;
    return { rate: (messages / milliseconds) * 1_000, cpu: (seconds / messages) * 1_000_000 };
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
  /** Seconds of load before the first one. */
  readonly warmUp: number;
  /** Messages at a time meanwhile. */
  readonly portion: number;
  readonly queued: number;
  readonly times: number;
}

/** At qos 2 many small ones: the time that Mosquitto takes grows with the square of what is queued. */
function backlogOf({ full, warmUp }: Context, { qos, size = 256 }: Feeding): Backlog {
  const [portion, queued, times] = qos === 1 ? [60_000, 40_000, 2] : [30_000, 2_000, 8];
  const most = Math.floor(MOST / size);
  const backlog = { warmUp, portion: Math.min(portion, most), queued: Math.min(queued, most), times };
  return full ? backlog : { ...backlog, portion: Math.ceil(backlog.portion / 4), times: Math.ceil(times / 4) };
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
        return await workOff(consumer, target, feeding, backlogOf(context, feeding));
      } finally {
        await broker.kill('SIGKILL');
        rmSync(dir, { recursive: true, force: true });
      }
    },
  };
}
