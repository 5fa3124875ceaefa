import { randomUUID } from 'node:crypto';
import type { CountedId } from '../types.ts';

/** Of a UUID: what is counted, and how often that gives another. */
const DIGITS = 3;
const IDS = 16 ** DIGITS;
const COUNTED = Array.from({ length: IDS }, (_, count) => count.toString(16).padStart(DIGITS, '0'));

let head = '';
let next = IDS;

/**
 * A UUID (version 4) for what came without an id. Its last digits are counted, so that 4,096 take one look at random
 * numbers: the others, 110 bits, are what makes it one of its kind. It is no secret, and need not be hard to guess.
 */
export function freshId(): CountedId {
  if (next === IDS) {
    next = 0;
    head = randomUUID().slice(0, -DIGITS);
  }
  return { head, count: next++ };
}

/** The id as a text. */
export function textOfId({ head: start, count }: CountedId): string {
  return start + (COUNTED[count] ?? '');
}
