import { isUnderWay, PHASES } from '../under-way.ts';
import { mayLose, type Plan } from './plan.ts';
import { killsByPhase } from './report.ts';
import type { Trial } from './trial.ts';

/** Trials of one row have these in common. */
function rowOf(plan: Plan, protocols: boolean): string {
  const { guest, qos, share, brokers, faults, protocol } = plan;
  const killed = faults.some(({ kind }) => kind === 'broker-kill');
  const broker = killed ? 'broker killed' : qos > 0 && mayLose(plan) ? 'broker restarted' : '';
  const version = protocols ? `MQTT ${protocol === 5 ? '5' : '3.1.1'}` : '';
  return [guest, `qos ${qos}`, guest === 'command' ? '' : share, version, `${brokers}`, broker].join('|');
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function row(key: string, trials: readonly Trial[]): string {
  const [guest, qos, share, version, brokers, broker] = key.split('|');
  const parts = [guest, qos, share, version, brokers === '2' ? '2 brokers' : '', broker];
  const title = parts.filter((part) => part !== '');
  const kills = trials.flatMap(({ log }) => log.kills.filter(isUnderWay));
  const phases = killsByPhase(kills);
  const faults = sum(trials.map(({ plan }) => plan.faults.length));
  const control = trials.flatMap(({ tally }) => tally.controlLost ?? []);
  const repeated = sum(trials.map(({ tally }) => tally.repeated.length));
  const sentAgain = sum(trials.map(({ tally }) => tally.sentAgain));
  const lost = sum(trials.map(({ tally }) => tally.lost.length));
  const cells = [
    title.join(', '),
    trials.length,
    faults,
    kills.length,
    PHASES.map((phase) => phases[phase]).join(' / '),
    sum(trials.map(({ tally }) => tally.sent)),
    control.length > 0 ? `${lost} (control: ${sum(control)})` : lost,
    sentAgain > 0 ? `${repeated} (sent again: ${sentAgain})` : repeated,
    sum(trials.map(({ tally }) => tally.outOfOrder.length)),
    sum(trials.map(({ tally }) => tally.deadLetters)),
    trials.filter(({ broken }) => broken.length > 0).length,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The table of a run, in Markdown. */
export function writeTable(trials: readonly Trial[], which?: 'with protocols'): string {
  const rows = [...Map.groupBy(trials, ({ plan }) => rowOf(plan, which !== undefined))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const seeds = trials.map(({ plan }) => plan.seed);
  const minutes = Math.round(sum(trials.map(({ seconds }) => seconds)) / 60);
  const failed = trials.filter(({ broken }) => broken.length > 0);
  return [
    `${trials.length} trials, seeds ${Math.min(...seeds)} to ${Math.max(...seeds)}, ${minutes} minutes.`,
    '',
    '| trials | | faults | kills | of them with messages handling / recorded / sent / received | messages | lost | repeated | out of order | dead letters | contract broken |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(([key, some]) => row(key, some)),
    '',
    ...failed.map(({ plan, broken }) => `- seed ${plan.seed}: ${broken.join('; ').slice(0, 300)}`),
    '',
  ].join('\n');
}
