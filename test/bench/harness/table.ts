import { METRICS, type Metric } from './measure.ts';
import type { Compared, Series } from './run.ts';
import { median, readable } from './statistics.ts';

export interface Row {
  readonly measure: string;
  readonly who: string;
  readonly metric: Metric;
  readonly median: number;
  /** To the first of its comparison; undefined for that one itself. */
  readonly ratio: number | undefined;
  readonly values: readonly number[];
}

/** One row for each contestant and metric. */
export function rowsOf({ title, series }: Compared): readonly Row[] {
  const base = series[0]?.values ?? {};
  return series.flatMap(({ name, values }) =>
    (Object.keys(METRICS) as Metric[]).flatMap((metric) => {
      const each = values[metric];
      if (each === undefined) return [];
      const ratio = values === base ? undefined : median(each) / median(base[metric] ?? []);
      return [{ measure: title, who: name, metric, median: median(each), ratio, values: each }];
    }),
  );
}

const HEAD = ['measure', 'who', 'median', 'unit', 'ratio', 'lowest to highest'];

function cells(row: Row, previous: Row | undefined): string[] {
  const again = previous?.measure === row.measure;
  return [
    again ? '' : row.measure,
    again && previous.who === row.who ? '' : row.who,
    readable(row.median),
    METRICS[row.metric],
    row.ratio === undefined ? '' : readable(row.ratio),
    row.values.length === 1 ? '' : `${readable(Math.min(...row.values))} to ${readable(Math.max(...row.values))}`,
  ];
}

const NUMBERS = new Set([2, 4]);

/** As Markdown, padded so that it reads in a terminal too. */
export function tableOf(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (text: string, column: number) =>
    NUMBERS.has(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  const print = (line: readonly string[]) => `| ${line.map(pad).join(' | ')} |`;
  const rule = widths.map((width, column) => (NUMBERS.has(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [print(head), print(rule), ...lines.map(print)].join('\n');
}

export function resultTable(rows: readonly Row[]): string {
  return tableOf(
    HEAD,
    rows.map((row, index) => cells(row, rows[index - 1])),
  );
}

export function failuresOf({ title, series }: Compared): readonly string[] {
  return series.flatMap(({ name, failures }: Series) => failures.map((failure) => `${title}, ${name}: ${failure}`));
}
