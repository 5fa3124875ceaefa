import { randomUUID } from 'node:crypto';
import type { CountedId } from '../types.ts';
import { COUNTS, DIGITS } from './counted-id.ts';

let head = '';
let next = COUNTS;

/**
 * A UUID (version 4) for what came without an id. Its last digits are counted, so that 4,096 take one look at random
 * numbers: the others, 110 bits, are what makes it one of its kind. It is no secret, and need not be hard to guess.
 */
export function freshId(): CountedId {
  if (next === COUNTS) {
    next = 0;
    head = randomUUID().slice(0, -DIGITS);
  }
  return { head, count: next++ };
}
