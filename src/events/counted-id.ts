import type { CountedId } from '../types.ts';

/** Of an id that is counted: digits of the count, and how many counts these have. */
export const DIGITS = 3;
export const COUNTS = 16 ** DIGITS;
const COUNTED = Array.from({ length: COUNTS }, (_, count) => count.toString(16).padStart(DIGITS, '0'));

/** The id as a text. */
export function textOfId({ head, count }: CountedId): string {
  return head + (COUNTED[count] ?? '');
}
