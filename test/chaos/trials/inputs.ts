import type { Input } from '../flow.ts';
import type { Plan } from './plan.ts';

export const TOPICS = 8;

/** What ends as a dead letter, and what fails before it succeeds; all without an output. */
function failure(n: number): string | undefined {
  if (n % 30 === 7) return `err ${n}`;
  if (n % 60 === 11) return `trap ${n}`;
  if (n % 400 === 42) return `loop ${n}`;
  return n % 10 === 3 ? 'fail-until 3' : undefined;
}

/** A message, and the number of the broker that it goes to. */
export interface PlannedInput extends Input {
  readonly n: number;
  readonly broker: number;
}

/** Which broker takes what comes from broker `from`. */
const target = (from: number, brokers: number): number => (from + 1) % brokers;

/** Topic prefixes of the outputs, by broker. */
export function outputPrefixes(prefix: string, { brokers }: Plan): string[] {
  return Array.from({ length: brokers }, (_, broker) => `${prefix}/out/${broker}/`);
}

/** A command asks one binding after the other: it pulls from the first. */
const entriesOf = ({ guest, brokers }: Plan): number => (guest === 'push' ? brokers : 1);

/** Message `n`, which fails only where it is no later than the plan's last but for one on each topic. */
export function inputAt(prefix: string, plan: Plan, n: number): PlannedInput {
  const entries = entriesOf(plan);
  const broker = n % entries;
  const topic = `${prefix}/in/${Math.floor(n / entries) % TOPICS}`;
  const failed = plan.failing && n < plan.messages ? failure(n) : undefined;
  if (failed !== undefined) return { n, broker, topic, payload: failed };
  const output = `${outputPrefixes(prefix, plan)[target(broker, plan.brokers)]}${n}`;
  return { n, broker, topic, output, payload: plan.guest === 'push' ? `publish ${output} 1` : String(n) };
}

/** All that is sent in: the last message of each topic is answered, and tells that what came before has an end. */
export function inputsOf(prefix: string, plan: Plan): PlannedInput[] {
  if (plan.guest === 'command') return [];
  return Array.from({ length: plan.messages + TOPICS * entriesOf(plan) }, (_, n) => inputAt(prefix, plan, n));
}

/** Payloads of what becomes a dead letter. */
export function deadOnes(inputs: readonly PlannedInput[]): string[] {
  return inputs.filter(({ payload }) => /^(err|trap|loop) /.test(payload)).map(({ payload }) => payload);
}
