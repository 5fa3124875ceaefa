import { filterFault, topicFault } from '../topics.ts';
import { isTable } from './substitute.ts';
import type { TomlTable } from './toml.ts';
import { parseDuration, parseSize } from './units.ts';
import { listOf, narrowed, oneOf, oneOrMore, valueType } from './value-type.ts';

/*
 * The types of values. Each says what it expects: what was found, where, and what is near is added where the table
 * is read.
 */

/** Timers take no more than this (2^31 - 1 ms, 24.8 days). */
const LONGEST_TIMER = '24d';

/** A string that `read` turns into a value; undefined from `read` means that it is not what `expected` says. */
function parsed<T>(
  expected: string,
  read: (text: string) => T | undefined,
  hintFor?: (value: unknown) => string | undefined,
) {
  return valueType(expected, (value) => (typeof value === 'string' ? read(value) : undefined), hintFor);
}

/** A string for which `fault` finds nothing to say. */
function checked(expected: string, fault: (text: string) => string | undefined) {
  const read = (value: string) => (fault(value) === undefined ? value : undefined);
  return parsed(expected, read, (value) => (typeof value === 'string' ? fault(value) : undefined));
}

export const text = parsed('text', (value) => value);
export const filledText = narrowed(text, 'text that is not empty', (value) => value !== '');
export const flag = valueType('true or false', (value) => (typeof value === 'boolean' ? value : undefined));

export function whole(min: number, max: number) {
  const accept = (value: unknown) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
  return valueType(`a whole number from ${min} to ${max}`, accept);
}

export function fraction(min: number, max: number) {
  const accept = (value: unknown) => (typeof value === 'number' && value >= min && value <= max ? value : undefined);
  return valueType(`a number from ${min} to ${max}`, accept);
}

export function matching(expected: string, pattern: RegExp) {
  return parsed(expected, (value) => (pattern.test(value) ? value : undefined));
}

export function choice<const T extends readonly string[]>(...options: T) {
  return oneOf<T[number]>(options, orList(options.map((option) => `"${option}"`)));
}

/** `a, b or c`. */
export function orList(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}

function bareNumber(value: unknown, units: string): string | undefined {
  return typeof value === 'number' || typeof value === 'bigint' || (typeof value === 'string' && /^\d+$/.test(value))
    ? `a bare number has no unit: write it in quotes with one of ${units}, such as`
    : undefined;
}

/** Milliseconds. `min` and `max` are durations themselves. */
export function duration(example: string, min = '1ms', max = LONGEST_TIMER) {
  const [low, high] = [parseDuration(min) ?? 0, parseDuration(max) ?? Number.MAX_SAFE_INTEGER];
  const read = (value: string) => {
    const milliseconds = parseDuration(value);
    return milliseconds === undefined || milliseconds < low || milliseconds > high ? undefined : milliseconds;
  };
  return parsed(`a duration from "${min}" to "${max}", such as "${example}"`, read, (value) => {
    const hint = bareNumber(value, 'ms, s, m, h, d');
    return hint === undefined ? undefined : `${hint} "${example}"`;
  });
}

/** Milliseconds that are whole seconds, as MQTT counts them. */
export function seconds(example: string, min: string, max: string) {
  const expected = 'a duration of whole seconds (MQTT counts in seconds)';
  return narrowed(duration(example, min, max), expected, (milliseconds) => milliseconds % 1000 === 0);
}

/** Bytes. */
export function size(example: string, min = '1B', max = '1024TiB') {
  const [low, high] = [parseSize(min) ?? 0, parseSize(max) ?? Number.MAX_SAFE_INTEGER];
  const read = (value: string) => {
    const bytes = parseSize(value);
    return bytes === undefined || bytes < low || bytes > high ? undefined : bytes;
  };
  return parsed(`a size from "${min}" to "${max}", such as "${example}"`, read, (value) => {
    const hint = bareNumber(value, 'B, KiB, MiB, GiB');
    return hint === undefined ? undefined : `${hint} "${example}"`;
  });
}

const topicFilter = checked('a topic filter', (value) =>
  value.startsWith('$share/')
    ? 'the host makes shared subscriptions itself: write queue = "…" without "$share/<group>/", and the group as group = "…"'
    : filterFault(value),
);

/** A filter, or a list of at least one. */
export const filters = narrowed(oneOrMore(topicFilter), 'at least one topic filter', (list) => list.length > 0);
/** A filter, or a list that may be empty. */
export const grants = oneOrMore(topicFilter);
export const topic = checked('a topic', topicFault);
export const texts = listOf(text, 'a list of texts');
/** One url, or a list of at least one; what is in them is checked elsewhere. */
export const urls = narrowed(oneOrMore(filledText), 'at least one url', (list) => list.length > 0);

export const qos = oneOf([0, 1, 2], '0, 1 or 2');
export const protocol = oneOf([5, '3.1.1'], '5 or "3.1.1"');

function parseListenAddress(address: string): { host: string; port: number } | undefined {
  const [, host, port] = /^(\[[0-9A-Fa-f:.]+\]|[^:\s[\]]+):(\d{1,5})$/.exec(address) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

export const listenAddress = parsed(
  'an address and port to listen on, such as "127.0.0.1:9464"',
  parseListenAddress,
  (value) =>
    typeof value === 'string' && /^:?\d+$/.test(value)
      ? 'name the address too: 127.0.0.1 for this machine only'
      : undefined,
);

/** A table whose keys are checked elsewhere. */
export const table = valueType('a table', (value) => (isTable(value) ? value : undefined));

/** A list of tables, each under a `[[header]]` of its own. */
export function tables(header: string) {
  const accept = (value: unknown): readonly TomlTable[] | undefined =>
    Array.isArray(value) && value.every(isTable) ? value : undefined;
  return valueType(`tables that start with [[${header}]]`, accept, (value) =>
    isTable(value) ? `write [[${header}]] in double brackets` : `write [[${header}]] above its keys`,
  );
}

export const specversion = oneOf(['0.2'], '"0.2", the format of this configuration');

/** What a handler may be called: an export's name in kebab or snake case, or an interface's function in full. */
export function isHandlerName(name: string): boolean {
  const first = '(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)';
  const word = '(?:[a-z0-9]+|[A-Z0-9]+)';
  const kebab = `${first}(?:-${word})*`;
  const local = new RegExp(`^${first}(?:[-_]${word})*$`);
  const full = new RegExp(`^${kebab}:${kebab}/${kebab}(?:@[0-9A-Za-z.+-]+)?#${kebab}$`);
  return local.test(name) || full.test(name);
}

export const handlerName = checked(
  'the name of a function that the component exports, as "on_order", "on-order" or "acme:shop/orders#on-order"',
  (name) => (isHandlerName(name) ? undefined : 'names are words of letters and digits, joined by "_" or "-"'),
);
