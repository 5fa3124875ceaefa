import { join } from 'node:path';
import { host } from '../harness/consumers.ts';
import { filledJournal, type RowKind } from '../harness/filled-journal.ts';
import type { Comparison, Context, Measure } from '../harness/measure.ts';
import { flooded } from '../harness/synthetic.ts';

async function comparison(context: Context, kind: RowKind): Promise<Comparison> {
  const counts = context.full ? [0, 10_000, 1_000_000] : [0, 10_000];
  const contestants = counts.map(async (count) => {
    const fill = await filledJournal(join(context.root, `${kind} ${count}`), kind, count);
    const binding = kind === 'dedup keys' ? ['dedup = "7d"'] : [];
    const name = `host, ${count.toLocaleString('en-US')} ${kind}`;
    const consumer = host(name, { guest: context.guests.trivial, binding, fill });
    return flooded(context, consumer, { qos: 2, cloudEvents: true });
  });
  return {
    title: `journal with ${kind}, qos 2, CloudEvents`,
    contestants: await Promise.all(contestants),
    maxRounds: 2,
  };
}

/** What a message costs as the journal holds more; with dedup keys, each message is looked up and adds one. */
export const journalMeasures: readonly Measure[] = [
  {
    name: 'journal',
    about: 'push at qos 2 with 0, 10,000 and, in a full run, 1,000,000 rows in the journal',
    comparisons: async (context) => [
      await comparison(context, 'dead letters'),
      await comparison(context, 'dedup keys'),
    ],
  },
];
