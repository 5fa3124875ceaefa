import { beforeAll, describe, expect, it } from 'vitest';
import type { PreparedComponent } from '../../src/component/index.ts';
import { HandlerCalls } from '../../src/delivery/index.ts';
import type { GuestCall, GuestPublish } from '../../src/guest.ts';
import type { QoS } from '../../src/types.ts';
import { waitingGuest } from '../component/support/guests.ts';
import { outcomeOf, prepare, testPool } from '../component/support/pool.ts';
import { randomFrom } from '../events/samples.ts';
import { eventually } from '../support/eventually.ts';
import { incoming } from './fixtures.ts';
import { publishOf, setUp } from './harness.ts';

const TOPICS = ['a', 'b', 'c', 'd', 'e', 'f'];
const EACH = 20;
const OK = { ok: true, value: undefined } as const;

let component: PreparedComponent;
beforeAll(async () => {
  component = await prepare(waitingGuest());
});

/** What the guest does with a message, by its number in its topic: some fail at first, and one gets stuck. */
function behaviour(topic: string, number: number, attempt: number): string {
  if (attempt > 1) return 'publish';
  if (topic === 'c' && number === 9) return 'loop';
  if (number % 7 === 3) return 'err';
  if (number % 11 === 5) return 'trap';
  return number % 3 === 0 ? 'work' : 'publish';
}

/** Messages that are handled by real guests; what those publish names the message that they handled. */
function flow(qos: QoS, order: 'topic' | 'none', instances: number, workers: number) {
  const random = randomFrom(instances * 10 + workers);
  const below = (bound: number) => Math.floor(random() * bound);
  const published: string[] = [];
  const running = new Map<string, number>();
  let overlaps = 0;
  let parallel = 0;
  const publish: GuestPublish = async ({ transaction }, { topic }) => {
    if (transaction === undefined) published.push(topic);
    else transaction.publishes.push(publishOf(topic));
    // Brokers answer when they like.
    for (let turns = below(8); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    return OK;
  };
  const { pool, statuses } = testPool(component, { instances, workers, publish });
  /** The real pool, with the event that stands for what the message is to do. */
  const call = (made: GuestCall) => void behave(made).then((outcome) => made.ended(outcome));
  const behave = async (made: GuestCall) => {
    const { binding, handler, topic, delivery, transaction, spread, link } = made;
    const number = Number(Buffer.from(made.event.data).toString());
    const type = behaviour(topic, number, delivery.attempt);
    const now = (running.get(topic) ?? 0) + 1;
    running.set(topic, now);
    if (now > 1) overlaps++;
    parallel = Math.max(parallel, running.size);
    const event = { ...made.event, id: `${topic} ${number}`, type };
    const timeout = type === 'loop' ? 400 : 60_000;
    const same = { binding, handler, topic, delivery, transaction, spread, link };
    const outcome = await outcomeOf(pool, { ...same, event, timeout });
    if (now === 1) running.delete(topic);
    else running.set(topic, now - 1);
    return outcome;
  };
  const retry = { attempts: 8, initial: 5, max: 20, jitter: 0.2 };
  const attempts = (binding: Parameters<typeof setUp>[0]) =>
    new HandlerCalls({ ...(binding as ConstructorParameters<typeof HandlerCalls>[0]) }, { call });
  const set = setUp({ qos, order, retry }, { capacity: 128 * workers, attempts });
  const effects = () => (qos === 2 ? set.journal.durable.published.map(({ event }) => event.id) : published);
  return { ...set, statuses, below, effects, overlaps: () => overlaps, parallel: () => parallel };
}

async function handleAll(set: ReturnType<typeof flow>, qos: QoS): Promise<void> {
  await set.subscriber.connect(false);
  const left = new Map(TOPICS.map((topic) => [topic, 0]));
  for (let packetId = 1; left.size > 0; packetId++) {
    const topic = [...left.keys()][set.below(left.size)] ?? '';
    const number = left.get(topic) ?? 0;
    set.subscriber.receive(incoming(topic, { qos, packetId, payload: Buffer.from(String(number)) }));
    if (number + 1 === EACH) left.delete(topic);
    else left.set(topic, number + 1);
  }
  const { subscriber, journal } = set;
  // What waited behind a failure for long has been spilled.
  const isDone = () => subscriber.inFlight.messages === 0 && journal.durable.spilled.length === 0;
  await eventually(isDone, { timeout: 60_000 });
}

/** The numbers in the order in which their effects came. */
function numbersOf(effects: readonly string[], topic: string): number[] {
  return effects.filter((id) => id.startsWith(`${topic} `)).map((id) => Number(id.split(' ')[1]));
}

/** Numbers whose effects there have to be: at qos 0 what fails is lost. */
function expected(qos: QoS, topic: string): number[] {
  const fails = (number: number) => !['publish', 'work'].includes(behaviour(topic, number, 1));
  return Array.from({ length: EACH }, (_, i) => i).filter((number) => qos > 0 || !fails(number));
}

const sizes = [
  [1, 1],
  [4, 1],
  [16, 1],
  [4, 3],
  [16, 3],
] as const;

describe.each(sizes)('%i instances in %i workers', (instances, workers) => {
  it.each([0, 1, 2] as const)(
    'keep the order of each topic at qos %i, through failures and a stuck guest',
    async (qos) => {
      const set = flow(qos, 'topic', instances, workers);
      await handleAll(set, qos);
      for (const topic of TOPICS) {
        const numbers = numbersOf(set.effects(), topic);
        // A call that was lost for another's sake is run again, and outside of a transaction publishes again.
        const seen = qos === 2 ? numbers : numbers.filter((number, i) => number !== numbers[i - 1]);
        expect(seen, topic).toEqual(expected(qos, topic));
      }
      expect(set.overlaps()).toBe(0);
      expect(set.parallel()).toBeGreaterThan(1);
      const ended = set.statuses.filter((status) => status.kind === 'worker' && status.event === 'ended');
      expect(ended).toMatchObject([{ reason: 'a call on c ran longer than 400 ms' }]);
    },
  );
});

it('order "none" has calls of one topic under way together, each message handled', async () => {
  const set = flow(2, 'none', 16, 3);
  await handleAll(set, 2);
  for (const topic of TOPICS)
    expect(numbersOf(set.effects(), topic).toSorted((a, b) => a - b)).toEqual(expected(2, topic));
  expect(set.overlaps()).toBeGreaterThan(0);
});
