import { appendFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeWithMosquitto } from '../../support/mosquitto.ts';
import { describePlan, planOf, type Wanted } from './plan.ts';
import { reportLine } from './report.ts';
import { runTrial } from './trial.ts';

/** Every kind of guest, each qos but 0, queues and topics, one and two hosts and brokers. */
const CHOSEN = [1013, 2006, 2007, 2015, 3001, 3002, 3004, 3005];

/** `npm run chaos` sets these (run.ts). */
const SEED = process.env.CHAOS_SEED;
const TRIALS = Number(process.env.CHAOS_TRIALS ?? 1);
const WANTED = JSON.parse(process.env.CHAOS_WANTED ?? '{}') as Wanted;
const RESULTS = process.env.CHAOS_RESULTS;

const seeds = SEED === undefined ? CHOSEN : Array.from({ length: TRIALS }, (_, index) => Number(SEED) + index);
const plans = seeds.map((seed) => planOf(seed, WANTED));

describeWithMosquitto('random trials', () => {
  it.each(plans.map((plan) => [plan.seed, describePlan(plan), plan] as const))(
    'seed %i: %s',
    async (_, __, plan) => {
      const trial = await runTrial(plan);
      console.log(reportLine(trial));
      if (RESULTS !== undefined) appendFileSync(RESULTS, `${JSON.stringify({ ...trial, logs: '' })}\n`);
      expect(trial.broken, `npm run chaos -- --seed ${plan.seed}\n${trial.logs}`).toEqual([]);
    },
    process.env.CHAOS_SEED === undefined ? 600_000 : 3_600_000,
  );
});
