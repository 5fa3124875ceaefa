import type { FaultLog } from './faults.ts';
import { deadOnes, type PlannedInput } from './inputs.ts';
import { mayLose, type Plan } from './plan.ts';
import type { Replica } from './replica.ts';
import type { Site } from './site.ts';

/** Every message of a trial, counted end to end. */
export interface Tally {
  /** Sent in, or by a command, published with ok. */
  readonly sent: number;
  readonly lost: readonly string[];
  readonly repeated: readonly string[];
  /** Inputs that a broker sent again after their PUBREL: so many may be handled twice. */
  readonly sentAgain: number;
  /** First copies that came after one of a later message of their topic. */
  readonly outOfOrder: readonly string[];
  readonly deadLetters: number;
  /** Dead letters that are missing, or that should not be there. */
  readonly wrongLetters: readonly string[];
  /** Inputs that an ordinary subscriber missed, where the broker was killed. */
  readonly controlLost: number | undefined;
}

function copies(sites: readonly Site[], output: string): number {
  return sites.reduce((sum, { counter }) => sum + counter.copies(output), 0);
}

/** Of each topic, outputs that came after one that should have come later. */
function outOfOrder(inputs: readonly PlannedInput[], sites: readonly Site[]): string[] {
  const position = new Map(
    sites.flatMap(({ counter }) => counter.order.map((output, index) => [output, index] as const)),
  );
  const wrong: string[] = [];
  for (const messages of Map.groupBy(inputs, ({ broker, topic }) => `${broker} ${topic}`).values()) {
    let last = -1;
    for (const { output } of messages) {
      const at = output === undefined ? undefined : position.get(output);
      if (output === undefined || at === undefined) continue;
      if (at < last) wrong.push(output);
      last = Math.max(last, at);
    }
  }
  return wrong;
}

function difference(wanted: readonly string[], found: readonly string[]): string[] {
  const [all, there] = [new Set(wanted), new Set(found)];
  const missing = wanted.filter((one) => !there.has(one)).map((one) => `missing: ${one}`);
  return [...missing, ...found.filter((one) => !all.has(one)).map((one) => `not expected: ${one}`)];
}

function letters(replicas: readonly Replica[]): string[] {
  return replicas.flatMap((replica) =>
    replica.read((journal) => journal.deadLetters().map(({ event }) => Buffer.from(event.data).toString())),
  );
}

export function tallyOf(
  plan: Plan,
  inputs: readonly PlannedInput[],
  sites: readonly Site[],
  replicas: readonly Replica[],
): Tally {
  const outputs =
    plan.guest === 'command'
      ? replicas.flatMap(({ published }) => [...published]).map((n) => `/${n}`)
      : inputs.flatMap(({ output }) => output ?? []);
  const came = new Set(sites.flatMap(({ counter }) => counter.order));
  const numbers = new Set([...came].map((topic) => topic.slice(topic.lastIndexOf('/'))));
  const found = letters(replicas);
  const controls = sites.flatMap(({ control }) => control ?? []);
  return {
    sent: plan.guest === 'command' ? outputs.length : inputs.length,
    lost: outputs.filter((output) => !(plan.guest === 'command' ? numbers : came).has(output)),
    repeated: [...came].filter((output) => copies(sites, output) > 1),
    sentAgain: replicas.flatMap(({ proxies }) => proxies).reduce((sum, proxy) => sum + proxy.sentAgain, 0),
    outOfOrder: outOfOrder(inputs, sites),
    deadLetters: found.length,
    wrongLetters: plan.qos === 0 ? [] : difference(deadOnes(inputs), [...new Set(found)]),
    controlLost:
      controls.length === 0
        ? undefined
        : inputs.filter(({ topic, payload, broker }) => sites[broker]?.control?.has(`${topic} ${payload}`) === false)
            .length,
  };
}

/** What the contract does not allow (DELIVERY, "The table"). */
export function broken(plan: Plan, tally: Tally, log: FaultLog): string[] {
  const { qos, hosts, guest } = plan;
  const some = (what: string, which: readonly string[]) =>
    which.length === 0 ? [] : [`${which.length} ${what}: ${which.slice(0, 5).join(', ')}`];
  const brokerDied = plan.faults.some(({ kind }) => kind === 'broker-kill');
  const loses = mayLose(plan);
  return [
    ...log.problems,
    ...(loses ? [] : some('lost', tally.lost)),
    ...(qos === 2 && !brokerDied && tally.repeated.length > tally.sentAgain ? some('repeated', tally.repeated) : []),
    ...(qos === 2 && !brokerDied && hosts === 1 && guest !== 'command' ? some('out of order', tally.outOfOrder) : []),
    ...(loses ? [] : some('wrong dead letters', tally.wrongLetters)),
  ];
}
