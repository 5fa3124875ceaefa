import { counted } from '../src/early.ts';

/** `a, b or c`. */
export function listed(words: readonly string[], conjunction: 'or' | 'and' = 'or'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}

/** `dead letter 7`, `dead letters 7, 8 and 9`; the first of them where there are very many. */
export function numbered(word: string, ids: readonly number[], most = 20): string {
  const names = ids.slice(0, most).map(String);
  const more = ids.length > most ? [`${ids.length - most} more`] : [];
  return `${word}${ids.length === 1 ? '' : 's'} ${listed([...names, ...more], 'and')}`;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes as a person reads them: to three digits at most. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return counted(bytes, 'byte');
  return `${Number(value.toPrecision(3))} ${UNITS[unit]}`;
}
