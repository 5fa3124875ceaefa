import { CELLS } from '../cells.ts';

/** What the calls behind the first of a chain may take of a worker's time, in milliseconds: other topics wait for them. */
const TIME = 1;
const MOST = 64;
/** With fewer free cells nothing is chained: the room is for other topics. */
const RESERVE = CELLS / 4;

/**
 * The same for calls that wait for their publishes: one, so that it begins when the one in front ends, and no result has
 * to come to the main thread and the next call from there first. More would only make other topics of the instance wait.
 */
export function worthWaitingBehind(freeCells: number): number {
  return freeCells < RESERVE ? 0 : 1;
}

/** How many calls of a chain are worth being in a worker at once, whose calls take `pace` milliseconds each, 0: not known. */
export function worthChaining(pace: number, freeCells: number): number {
  if (pace === 0 || freeCells < RESERVE) return 0;
  return Math.min(MOST, Math.floor(TIME / pace));
}
