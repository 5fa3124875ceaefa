import { type CallCells, monotonicNow } from '../exchange/cells.ts';
import { type Clock, deadlineOf, type Held } from './held.ts';

/**
 * The calls of a worker that are to blame for being past their deadlines. A call that is late only because another has
 * had the CPU since before its deadline is not: that other one is, once its own deadline is past, and then it alone.
 */
export function lateCalls<T extends Clock>(cells: CallCells, held: Iterable<T>): T[] {
  const now = monotonicNow();
  const deadlines = new Map<T, number>();
  for (const call of held) {
    const deadline = deadlineOf(cells, call);
    if (deadline !== undefined) deadlines.set(call, deadline);
  }
  const late = [...deadlines].filter(([, deadline]) => now > deadline).map(([call]) => call);
  const { onCpu, onCpuSince } = cells;
  const holder = [...deadlines.keys()].find(({ cell }) => cell === onCpu);
  if (holder === undefined) return late;
  return late.includes(holder) ? [holder] : late.filter((call) => (deadlines.get(call) ?? 0) < onCpuSince);
}

/**
 * Of calls that all wait for messages although their worker's event loop stands still, those to blame: a read of a stream
 * is asked for and the code runs on, while `receive` suspends it. What was asked for in the same turn is not heard of.
 */
export function loopingReaders(cells: CallCells, held: readonly Held[]): Held[] {
  const readers = held.filter(({ cell, asking, reading, handedAt }) => {
    const runsOn = reading > 0 || asking === 0;
    return cells.state(cell) === 'waiting' && handedAt === undefined && runsOn;
  });
  const holder = readers.find(({ cell }) => cell === cells.onCpu);
  return holder === undefined ? readers : [holder];
}
