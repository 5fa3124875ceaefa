import { withWritten } from '../support/written.ts';
import { type BrokerResult, type ColumnResult, columns } from './results.ts';

function cell(result: ColumnResult | undefined): string {
  if (result === undefined) return '–';
  const { kept, broken, ended } = result;
  const tried = kept + broken.length;
  if (tried === 0) return '–';
  if (broken.length === 0 && !ended) return 'yes';
  return kept === 0 ? 'no' : `${kept} of ${tried}`;
}

/** Which promise holds on which broker, in Markdown. */
export function writeTable(results: readonly BrokerResult[]): string {
  const available = results.filter(({ unavailable }) => unavailable === undefined);
  const missing = results.filter(({ unavailable }) => unavailable !== undefined);
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    row(['broker', ...columns.map(({ heading }) => heading)]),
    row(['---', ...columns.map(() => '---')]),
    ...available.map(({ label, columns: of }) => row([label, ...columns.map(({ key }) => cell(of[key]))])),
    ...missing.map(({ label, unavailable = '' }) =>
      row([label, `not to be had: ${oneLine(unavailable)}`, ...columns.slice(1).map(() => '')]),
    ),
  ].join('\n');
}

const oneLine = (text: string): string => text.replaceAll('|', '\\|').split('\n')[0] ?? '';

function section(result: BrokerResult): string {
  const { label, from, date, unavailable, left = [] } = result;
  const missing = left.length === 0 ? [] : [`Left out: ${left.join('; ')}.`, ''];
  const head = [`## ${label}`, '', `From ${from}; run on ${date}.`, '', ...missing];
  if (unavailable !== undefined) return [...head, `Not to be had: ${unavailable}`, ''].join('\n');
  const parts = columns.flatMap(({ key, heading }) => {
    const of = result.columns[key];
    return of === undefined || of.broken.length + of.again.length === 0 ? [] : [`### ${heading}`, '', ...failures(of)];
  });
  return [...head, ...(parts.length === 0 ? ['Everything held.', ''] : parts)].join('\n');
}

/** What each failed test found. */
function failures({ kept, again, broken }: ColumnResult): string[] {
  const counts = `${kept} of ${kept + broken.length} held.`;
  const late =
    again.length === 0 ? [] : [`Only when run again, alone: ${again.map((name) => `_${name}_`).join('; ')}.`, ''];
  return [
    counts,
    '',
    ...late,
    ...broken.flatMap(({ name, message }) => [`- ${name}`, '', fenced(withoutLogs(message)), '']),
  ];
}

/** A trial and a flow say last what their hosts logged. */
const withoutLogs = (message: string): string => message.split(/\n--- (?:host|run) \d/)[0] ?? '';

function fenced(message: string): string {
  return ['```', ...message.replaceAll('```', "'''").split('\n'), '```']
    .map((line) => `  ${line}`.trimEnd())
    .join('\n');
}

/** The evidence: every failure, with the packets of those tests that speak to the broker themselves. */
export function writeEvidence(results: readonly BrokerResult[]): string {
  return [
    '# What the brokers did',
    '',
    'Written by `npm run matrix`. Every test that did not hold, broker by broker; what the columns mean:',
    '',
    ...columns.map(({ heading, means }) => `- **${heading}**: ${means}`),
    '',
    'The tests of the last five columns speak to the broker themselves, without a host: what was sent and what came',
    'stands beside them, every packet in order. Where a test of the first five columns failed too, they say why. A run',
    'of kills is ended at its sixth failure, one of trials at its third.',
    '',
    ...results.map(section),
  ].join('\n');
}

/** `text` with what stands between the markers replaced; throws where it has no markers. */
export function between(text: string, table: string): string {
  return withWritten(text, 'npm run matrix', table);
}
