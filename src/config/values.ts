import { z } from 'zod';
import { filterFault, topicFault } from '../topics.ts';
import { isTable } from './substitute.ts';
import type { TomlTable } from './toml.ts';
import { parseDuration, parseSize } from './units.ts';

/*
 * The types of values. The message of every issue is the text of what was expected: what was found, where, and what
 * is near is added where the table is read.
 */

/** Timers take no more than this (2^31 - 1 ms, 24.8 days). */
const LONGEST_TIMER = '24d';

/** A string that `read` turns into a value; undefined from `read` means that it is not what `expected` says. */
function parsed<T>(
  expected: string,
  read: (text: string) => T | undefined,
  hintFor?: (value: unknown) => string | undefined,
) {
  return z.any().transform((value: unknown, context): T => {
    const result = typeof value === 'string' ? read(value) : undefined;
    if (result !== undefined) return result;
    context.issues.push({ code: 'custom', message: expected, input: value, params: { hint: hintFor?.(value) } });
    return z.NEVER;
  });
}

/** A string for which `fault` finds nothing to say. */
function checked(expected: string, fault: (text: string) => string | undefined) {
  return z.any().transform((value: unknown, context): string => {
    const hint = typeof value === 'string' ? fault(value) : undefined;
    if (typeof value === 'string' && hint === undefined) return value;
    context.issues.push({ code: 'custom', message: expected, input: value, params: { hint } });
    return z.NEVER;
  });
}

export const text = z.string({ error: 'text' });
export const filledText = z.string({ error: 'text' }).min(1, { error: 'text that is not empty' });
export const flag = z.boolean({ error: 'true or false' });

export function whole(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function fraction(min: number, max: number) {
  const error = `a number from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

export function matching(expected: string, pattern: RegExp) {
  return parsed(expected, (value) => (pattern.test(value) ? value : undefined));
}

export function choice<const T extends readonly string[]>(...options: T) {
  return z.enum(options, { error: orList(options.map((option) => `"${option}"`)) });
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
  return duration(example, min, max).refine((milliseconds) => milliseconds % 1000 === 0, {
    error: 'a duration of whole seconds (MQTT counts in seconds)',
  });
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

function oneOrMore<T extends z.ZodType>(element: T) {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(element));
}

/** A filter, or a list of at least one. */
export const filters = oneOrMore(topicFilter).refine((list) => list.length > 0, { error: 'at least one topic filter' });
/** A filter, or a list that may be empty. */
export const grants = oneOrMore(topicFilter);
export const topic = checked('a topic', topicFault);
export const texts = z.array(text, { error: 'a list of texts' });
/** One url, or a list of at least one; what is in them is checked elsewhere. */
export const urls = oneOrMore(filledText).refine((list) => list.length > 0, { error: 'at least one url' });

export const qos = z.literal([0, 1, 2], { error: '0, 1 or 2' });
export const protocol = z.literal([5, '3.1.1'], { error: '5 or "3.1.1"' });

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
export const table = z.custom<TomlTable>(isTable, { error: 'a table' });

/** A list of tables, each under a `[[header]]` of its own. */
export function tables(header: string) {
  return z.any().transform((value: unknown, context): readonly TomlTable[] => {
    if (Array.isArray(value) && value.every(isTable)) return value;
    const hint = isTable(value) ? `write [[${header}]] in double brackets` : `write [[${header}]] above its keys`;
    context.issues.push({
      code: 'custom',
      message: `tables that start with [[${header}]]`,
      input: value,
      params: { hint },
    });
    return z.NEVER;
  });
}

export const specversion = z.literal('0.2', { error: '"0.2", the format of this configuration' });

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
