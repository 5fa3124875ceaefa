import { setTimeout as delay } from 'node:timers/promises';
import { type Consumer, type HostSettings, host } from '../harness/consumers.ts';
import { plainVariants } from '../harness/contestants.ts';
import type { Contestant, Context, Measure } from '../harness/measure.ts';
import { residentMb } from '../harness/processes.ts';
import { when } from '../harness/sampling.ts';
import { START_TIMEOUT, withSynthetic } from '../harness/synthetic.ts';

const TIMEOUT = 600_000;
const SETTLE = 2_000;

/** At rest, then after a tenth of the messages and after all of them. */
function growing(context: Context, consumer: Consumer, messages: number): Contestant {
  return {
    name: consumer.name,
    run: async () => {
      const rest = await withSynthetic(
        context,
        consumer,
        { qos: 1, total: 1 },
        async ({ consumer: { process }, report }) => {
          while ((await report()).acknowledged === 0) await delay(50);
          await delay(SETTLE);
          return residentMb(process.pid);
        },
      );
      return withSynthetic(context, consumer, { qos: 1 }, async ({ consumer: running }) => {
        await when(running, messages / 10, TIMEOUT);
        const early = await residentMb(running.process.pid);
        await when(running, messages, TIMEOUT);
        return { rest, early, late: await residentMb(running.process.pid) };
      });
    },
  };
}

const INSTANCES = 16;
/** So few, since what they leave behind on the heap would drown what an instance takes. */
const MESSAGES = 2 * INSTANCES;
/** Garbage that is not collected yet would drown it too. */
const SMALL_HEAP = ['--max-semi-space-size=1', '--optimize-for-size'];
/** Milliseconds; calls that wait this long for their publish overlap, so that every instance is made. */
const ANSWER_DELAY = 200;

async function residentWith(context: Context, settings: HostSettings, instances: number): Promise<number> {
  const consumer = host('', { ...settings, flags: SMALL_HEAP, guestTable: [`instances = ${instances}`] });
  const feeding = { qos: 1, total: MESSAGES, answerDelay: ANSWER_DELAY } as const;
  return withSynthetic(context, consumer, feeding, async ({ consumer: running }) => {
    await when(running, MESSAGES, START_TIMEOUT);
    await delay(SETTLE);
    return residentMb(running.process.pid);
  });
}

function perInstance(context: Context, name: string, guest: string): Contestant {
  const settings = { guest, binding: ['format = "raw"'] };
  return {
    name,
    run: async () => {
      const one = await residentWith(context, settings, 1);
      const many = await residentWith(context, settings, INSTANCES);
      return { instance: (many - one) / (INSTANCES - 1) };
    },
  };
}

function comparisons(context: Context) {
  const { trivial, language, publishing, quickJsPublishing } = context.guests;
  const messages = context.full ? 2_000_000 : 200_000;
  const hosts = [host(`host, ${language} guest`, { guest: trivial })];
  const instances = [
    ...(publishing === undefined ? [] : [perInstance(context, 'host, Rust guest', publishing)]),
    ...(quickJsPublishing === undefined ? [] : [perInstance(context, 'host, QuickJS guest', quickJsPublishing)]),
  ];
  return [
    {
      title: `memory, ${messages.toLocaleString('en-US')} messages, qos 1`,
      contestants: [...plainVariants(1).slice(0, 1), ...hosts].map((consumer) => growing(context, consumer, messages)),
      maxRounds: 1,
    },
    { title: `memory, ${INSTANCES} instances against 1`, contestants: instances, maxRounds: 3 },
  ];
}

export const memoryMeasures: readonly Measure[] = [
  { name: 'memory', about: 'resident memory at rest, as messages go through, and an instance', comparisons },
];
