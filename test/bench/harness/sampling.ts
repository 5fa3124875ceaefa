import { setTimeout as delay } from 'node:timers/promises';
import type { RunningConsumer, Snapshot } from './consumers.ts';
import type { Context, Values } from './measure.ts';
import { cpuSeconds } from './processes.ts';

export async function snapshot({ process, handled }: RunningConsumer): Promise<Snapshot> {
  const count = await handled();
  return { at: performance.now(), handled: count, cpu: cpuSeconds(process.pid) };
}

export function between(first: Snapshot, last: Snapshot): Values {
  const messages = last.handled - first.handled;
  return {
    rate: (messages / (last.at - first.at)) * 1_000,
    cpu: ((last.cpu - first.cpu) / messages) * 1_000_000,
  };
}

/** Messages until code is taken for warm, and how long that may take, in seconds. */
const WARM = { messages: 5_000, longest: 10 };

/** Rate and cost of a consumer that is under load, measured for `seconds` once it is warm. */
export async function steady(
  consumer: RunningConsumer,
  { warmUp, seconds }: Context,
  timeout: number,
): Promise<Values> {
  await when(consumer, 1, timeout);
  const began = performance.now();
  await delay(warmUp * 1_000);
  while (performance.now() - began < WARM.longest * 1_000 && (await consumer.handled()) < WARM.messages)
    await delay(100);
  const first = await snapshot(consumer);
  await delay(seconds * 1_000);
  return between(first, await snapshot(consumer));
}

/** The first snapshot with at least `count` messages handled, looking every `pause` ms; an error after `timeout` ms. */
export async function when(consumer: RunningConsumer, count: number, timeout: number, pause = 25): Promise<Snapshot> {
  const deadline = performance.now() + timeout;
  for (;;) {
    if (!consumer.process.running) throw new Error(`the consumer ended:\n${consumer.process.stderr().slice(-2_000)}`);
    const handled = await consumer.handled().catch(() => 0);
    if (handled >= count) return { at: performance.now(), handled, cpu: cpuSeconds(consumer.process.pid) };
    if (performance.now() > deadline)
      throw new Error(`${handled} of ${count} messages were handled within ${timeout / 1_000} s`);
    await delay(pause);
  }
}
