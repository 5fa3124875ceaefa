/** A parser of the Prometheus text format 0.0.4 that accepts only what a scraper must accept, in one canonical order. */

export interface ParsedFamily {
  readonly type: string;
  readonly help: string;
  /** By sample name and labels, as `name{a="b"}` with labels in the order of their names. */
  readonly samples: Map<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HELP = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\[\\\\n])+)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.+)\\})? (\\S+)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const NUMBER = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|NaN)$/;

function fail(line: string, why: string): never {
  throw new Error(`${why}: ${JSON.stringify(line)}`);
}

function parseLabels(text: string, line: string): Map<string, string> {
  const labels = new Map<string, string>();
  LABEL.lastIndex = 0;
  let end = 0;
  while (end < text.length) {
    const match = LABEL.exec(text) ?? fail(line, 'labels');
    const [, name = '', value = ''] = match;
    if (labels.has(name)) fail(line, 'a label twice');
    labels.set(
      name,
      value.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character)),
    );
    end = LABEL.lastIndex;
    if (match[3] === ',' && end === text.length) fail(line, 'a comma at the end');
  }
  return labels;
}

function parseNumber(text: string, line: string): number {
  if (!NUMBER.test(text)) fail(line, 'a number');
  return Number(text.replace('Inf', 'Infinity'));
}

export const keyOf = (name: string, labels: Iterable<readonly [string, unknown]>) => {
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0
    ? name
    : `${name}{${sorted.map(([label, value]) => `${label}=${JSON.stringify(String(value))}`).join(',')}}`;
};

function suffixes(type: string): readonly string[] {
  return type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
}

function checkHistogram(name: string, { samples }: ParsedFamily): void {
  const series = [...samples.keys()].filter((key) => key.startsWith(`${name}_count`));
  for (const key of series) {
    const labels = key.slice(`${name}_count`.length).replace(/^\{|\}$/g, '');
    const buckets = [...samples].filter(
      ([other]) => other.startsWith(`${name}_bucket{`) && (labels === '' || other.includes(labels)),
    );
    const bounds = buckets.map(([other]) => Number(/le="([^"]+)"/.exec(other)?.[1]?.replace('Inf', 'Infinity')));
    const counts = buckets.map(([, count]) => count);
    const ascending = (values: readonly number[]) =>
      values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0));
    if (!ascending(bounds) || !ascending(counts)) fail(key, 'buckets not cumulative');
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) fail(key, 'no +Inf bucket');
    if (counts.at(-1) !== samples.get(key)) fail(key, 'count and +Inf bucket differ');
    if (!samples.has(key.replace('_count', '_sum'))) fail(key, 'no sum');
  }
}

export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith('\n')) fail(text.slice(-80), 'no end of line');
  const families = new Map<string, ParsedFamily>();
  let current: { name: string; family: ParsedFamily } | undefined;
  let help: { name: string; text: string } | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const aboutHelp = HELP.exec(line);
    if (aboutHelp !== null) {
      help = { name: aboutHelp[1] ?? '', text: aboutHelp[2] ?? '' };
      continue;
    }
    const aboutType = TYPE.exec(line);
    if (aboutType !== null) {
      const [, name = '', type = ''] = aboutType;
      if (help?.name !== name) fail(line, 'no HELP before');
      if (families.has(name)) fail(line, 'a family twice');
      if (type === 'counter' && !name.endsWith('_total')) fail(line, 'a counter without _total');
      if (type !== 'counter' && name.endsWith('_total')) fail(line, 'no counter, with _total');
      current = { name, family: { type, help: help.text, samples: new Map() } };
      families.set(name, current.family);
      continue;
    }
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? fail(line, 'neither comment nor sample');
    if (current === undefined) throw new Error(`a sample before its type: ${line}`);
    const { name: family } = current;
    if (!suffixes(current.family.type).some((suffix) => name === family + suffix)) fail(line, `not of ${family}`);
    const key = keyOf(name, parseLabels(labels, line));
    if (current.family.samples.has(key)) fail(line, 'a sample twice');
    current.family.samples.set(key, parseNumber(value, line));
  }
  for (const [name, family] of families) {
    if (family.samples.size === 0) fail(name, 'no samples');
    if (family.type === 'histogram') checkHistogram(name, family);
  }
  return families;
}

/** Every sample of the page, by the key that {@link keyOf} makes. */
export function samplesOf(text: string): Map<string, number> {
  return new Map([...parsePrometheus(text).values()].flatMap(({ samples }) => [...samples]));
}
