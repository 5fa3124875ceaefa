import { expect } from 'vitest';
import type { QoS } from '../../src/types.ts';
import { connectClient, publish } from '../support/mqtt-client.ts';
import type { Counter } from './counter.ts';

/** Publishes that may be unanswered at once: Mosquitto loses what exceeds its receive maximum of 20. */
const PRODUCER_WINDOW = 10;

/** One input message. */
export interface Input {
  readonly topic: string;
  readonly payload: string;
  /** What the guest publishes when it handles this one, if anything. */
  readonly output?: string | undefined;
}

export { startDurableMosquitto as startBroker } from '../support/mosquitto.ts';

/** Message `n` of a flow over `topics` topics, which the guest answers with one publish of its own. */
export function answered(prefix: string, n: number, topics = 4): Input {
  const output = `${prefix}/out/${n}`;
  return { topic: `${prefix}/in/${n % topics}`, payload: `publish ${output} 1`, output };
}

/**
 * Publishes `inputs` in order, straight to the broker, on a connection that is never made again. `pace` is awaited
 * before each one.
 */
export async function produce(
  url: string,
  inputs: Iterable<Input>,
  qos: QoS,
  pace: (next: Input) => Promise<void> | undefined = () => undefined,
): Promise<void> {
  const client = await connectClient(url);
  const unanswered = new Set<Promise<void>>();
  for (const input of inputs) {
    await pace(input);
    const { topic, payload } = input;
    const sent: Promise<void> = publish(client, topic, payload, { qos }).finally(() => unanswered.delete(sent));
    unanswered.add(sent);
    if (unanswered.size >= PRODUCER_WINDOW) await Promise.race(unanswered);
  }
  await Promise.all(unanswered);
  await client.endAsync();
}

/** Outputs that never came. */
export function lost(inputs: readonly Input[], counter: Counter): string[] {
  return inputs.flatMap(({ output }) => (output !== undefined && counter.copies(output) === 0 ? [output] : []));
}

/** First copies came in the order of their inputs, topic by topic. */
export function expectOrder(inputs: readonly Input[], counter: Counter): void {
  const position = new Map(counter.order.map((output, index) => [output, index]));
  const wanted = Map.groupBy(
    inputs.filter(({ output }) => output !== undefined),
    ({ topic }) => topic,
  );
  for (const [topic, messages] of wanted) {
    const outputs = messages.map(({ output = '' }) => output);
    const came = outputs.toSorted((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
    expect(came, `outputs of the messages on ${topic}`).toEqual(outputs);
  }
}
