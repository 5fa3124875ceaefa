import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnProcess } from '../../support/process.ts';
import { type Consumer, host } from '../harness/consumers.ts';
import { plainVariants } from '../harness/contestants.ts';
import type { Contestant, Context, Measure, Values } from '../harness/measure.ts';
import { when } from '../harness/sampling.ts';
import { START_TIMEOUT, withSynthetic } from '../harness/synthetic.ts';

/** What any program on Node takes: to be subtracted. */
const bare: Contestant = {
  name: 'node -e 0, to its end',
  run: async () => {
    const began = performance.now();
    await spawnProcess(process.execPath, ['-e', '0']).exited;
    const took = performance.now() - began;
    return { connect: took, first: took };
  },
};

/** `lingers`: milliseconds that it goes on afterwards. */
function started(context: Context, consumer: Consumer, lingers = 0): Contestant {
  return {
    name: consumer.name,
    run: () =>
      withSynthetic(
        context,
        consumer,
        { qos: 1, total: 1 },
        async ({ consumer: running, report, startedAt }): Promise<Values> => {
          await when(running, 1, START_TIMEOUT);
          const { connectedAt = Number.NaN, acknowledgedAt = Number.NaN } = await report();
          await delay(lingers);
          return { connect: connectedAt - startedAt, first: acknowledgedAt - startedAt };
        },
      ),
  };
}

/** An empty cache each time. */
function cold({ root }: Context, name: string, guest: string): Consumer {
  const start: Consumer['start'] = (target) =>
    host(name, { guest, cache: mkdtempSync(join(root, 'cold-')) }).start(target);
  return { name, start };
}

/** A host keeps what Node made of its own code a second after its start, in the worker too. */
const KEPT_AFTER = 1_500;

/** Caches that an earlier start has filled. */
function warm(context: Context, name: string, guest: string): Contestant {
  const consumer = host(name, { guest, cache: mkdtempSync(join(context.root, 'warm-')) });
  const contestant = started(context, consumer);
  let filled: Promise<Values> | undefined;
  return {
    name,
    run: async () => {
      filled ??= started(context, consumer, KEPT_AFTER).run();
      await filled;
      return contestant.run();
    },
  };
}

/** From the start of the process to CONNECT and to the acknowledgement of its first message. */
export const startMeasures: readonly Measure[] = [
  {
    name: 'start',
    about: 'from the start of the process to connected and to the first message acknowledged, cold and warm',
    comparisons: (context) => {
      const { trivial, language, quickJs } = context.guests;
      const guests = [[`${language} guest`, trivial], ...(quickJs === undefined ? [] : [['QuickJS guest', quickJs]])];
      const hosts = guests.flatMap(([label = '', guest = '']) => [
        started(context, cold(context, `host, ${label}, cold`, guest)),
        warm(context, `host, ${label}, warm`, guest),
      ]);
      const plain = plainVariants(1).slice(0, 1);
      return [{ title: 'start', contestants: [bare, ...plain.map((one) => started(context, one)), ...hosts] }];
    },
  },
];
