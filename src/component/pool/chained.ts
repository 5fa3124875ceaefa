import { CELLS } from '../exchange/cells.ts';

/** What the calls behind the first of a chain may take of a worker's time, in milliseconds: other topics wait for them. */
const TIME = 1;
const MOST = 64;
/** With fewer free cells nothing is chained: the room is for other topics. */
const RESERVE = CELLS / 4;

/** How many calls of a chain are worth being in a worker at once, whose calls take `pace` milliseconds each, 0: not known. */
export function worthChaining(pace: number, freeCells: number): number {
  if (pace === 0 || freeCells < RESERVE) return 0;
  return Math.min(MOST, Math.floor(TIME / pace));
}
