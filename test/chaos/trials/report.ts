import { isUnderWay, sumOf, type UnderWay } from '../under-way.ts';
import { describePlan } from './plan.ts';
import type { Trial } from './trial.ts';

/** How many kills found at least one message in a phase. */
export function killsByPhase(kills: readonly UnderWay[]): UnderWay {
  return sumOf(
    kills.map((held) => ({
      handling: Math.min(1, held.handling),
      recorded: Math.min(1, held.recorded),
      sent: Math.min(1, held.sent),
      received: Math.min(1, held.received),
    })),
  );
}

/** One line on a trial. */
export function reportLine({ plan, tally, log, seconds }: Trial): string {
  const counted = log.kills.filter(isUnderWay);
  const phases = Object.entries(killsByPhase(counted)).map(([phase, count]) => `${phase} ${count}`);
  const { sent, lost, repeated, outOfOrder, deadLetters, controlLost, sentAgain } = tally;
  return [
    `seed ${plan.seed}: ${describePlan(plan)}`,
    `${counted.length} kills with messages under way (${phases.join(', ')}), ${log.kills.length - counted.length} others`,
    `${sent} sent, ${lost.length} lost, ${repeated.length} repeated${sentAgain > 0 ? ` (the broker sent ${sentAgain} again)` : ''}, ${outOfOrder.length} out of order, ${deadLetters} dead letters` +
      (controlLost === undefined ? '' : `; the control lost ${controlLost}`),
    `${seconds.toFixed(0)} s${log.left.length > 0 ? `; left out here: ${log.left.join(', ')}` : ''}`,
  ].join('\n  ');
}
