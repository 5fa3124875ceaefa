import { appendFileSync, readFileSync } from 'node:fs';
import { runWorker } from '../../../src/component/worker/index.ts';
import type { GuestContext } from '../../../src/guest.ts';
import type { PubsubEvent } from '../../../src/types.ts';

/** Interfaces for the guests of these tests: the same contract as src/interfaces, without depending on it. */
await runWorker((context: GuestContext) => {
  const hoarded: unknown[] = [];
  return {
    'wasi:pubsub/types': {},
    'wasi:pubsub/data-basic': {
      publish: async (topic: string, event: PubsubEvent) => {
        const verdict = await context.publish({ topic, event });
        if (!verdict.ok) throw Object.assign(new Error(verdict.error.tag), { payload: verdict.error });
      },
    },
    'test:host/tools': {
      print: (text: string) => context.output('stdout', 'info', 'guest', text),
      ready: () => Promise.resolve(),
      /** Keeps the CPU until two calls are here at once. */
      meet: () => {
        const { MEET = '' } = context.env;
        appendFileSync(MEET, '.');
        while (readFileSync(MEET).length < 2);
      },
      hoard: () => hoarded.push(Array.from({ length: 1000 }, () => ({}))),
    },
  };
});
