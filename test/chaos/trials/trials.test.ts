import { appendFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeWithMosquitto } from '../../support/mosquitto.ts';
import { describePlan, planOf, type Wanted } from './plan.ts';
import { reportLine } from './report.ts';
import { runTrial } from './trial.ts';

/** `npm run chaos` sets these (run.ts). */
const SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const TRIALS = Number(process.env.CHAOS_TRIALS ?? 8);
const WANTED = JSON.parse(process.env.CHAOS_WANTED ?? '{}') as Wanted;
const RESULTS = process.env.CHAOS_RESULTS;

const plans = Array.from({ length: TRIALS }, (_, index) => planOf(SEED + index, WANTED));

describeWithMosquitto(`${TRIALS} trials from seed ${SEED}`, () => {
  it.each(plans.map((plan) => [plan.seed, describePlan(plan), plan] as const))(
    'seed %i: %s',
    async (_, __, plan) => {
      const trial = await runTrial(plan);
      console.log(reportLine(trial));
      if (RESULTS !== undefined) appendFileSync(RESULTS, `${JSON.stringify({ ...trial, logs: '' })}\n`);
      expect(trial.broken, `npm run chaos -- --seed ${plan.seed}\n${trial.logs}`).toEqual([]);
    },
    600_000,
  );
});
