import { expect, it } from 'vitest';
import { describePlan, type FaultKind, planOf, type Wanted } from '../../chaos/trials/plan.ts';
import { reportLine } from '../../chaos/trials/report.ts';
import { runTrial } from '../../chaos/trials/trial.ts';
import { broker } from './broker.ts';

/** What a broker has no part in; its own restarts are looked at by themselves (`wire-restart.suite.ts`). */
const only: readonly FaultKind[] = ['kill', 'stop', 'cut', 'stall', 'half-open', 'split'];

/** Failing messages and a queue of two hosts are the host's affair: only what goes through the broker is here. */
const WANTED: Wanted = { only, brokers: 1, hosts: 1, failing: false, messages: 300, count: 5 };

const trials: readonly Wanted[] = [
  { qos: 1, share: 'topic', guest: 'push' },
  { qos: 1, share: 'queue', guest: 'push', hosts: 2 },
  { qos: 1, share: 'topic', guest: 'pull' },
  { qos: 2, share: 'topic', guest: 'push' },
  { qos: 2, share: 'queue', guest: 'push', hosts: 2 },
  { qos: 2, share: 'topic', guest: 'stream' },
  { qos: 2, guest: 'command' },
];

const FIRST_SEED = 4000;
/** The versions take turns. */
const plans = trials.map((wanted, index) => {
  const protocol = broker.protocols[index % broker.protocols.length];
  return planOf(FIRST_SEED + index, { ...WANTED, ...(protocol && { protocol }), ...wanted });
});

it.each(plans.map((plan) => [describePlan(plan), plan.seed, plan] as const))(
  '%s (seed %i)',
  async (_, __, plan) => {
    const trial = await runTrial(plan);
    expect(trial.broken, reportLine(trial)).toEqual([]);
  },
  300_000,
);
