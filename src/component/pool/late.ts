import type { GuestCall } from '../../guest.ts';
import { type CallCells, monotonicNow } from '../cells.ts';

interface HeldCall {
  readonly cell: number;
  readonly call: Pick<GuestCall, 'timeout'>;
}

/**
 * The calls of a worker that are to blame for being past their deadlines. A call that is late only because another has
 * had the CPU since before its deadline is not: that other one is, once its own deadline is past, and then it alone.
 */
export function lateCalls<T extends HeldCall>(cells: CallCells, held: Iterable<T>): T[] {
  const now = monotonicNow();
  const running = [...held].filter(({ cell }) => cells.state(cell) === 'running');
  const deadline = ({ cell, call }: T) => cells.startedAt(cell) + call.timeout;
  const late = running.filter((call) => now > deadline(call));
  const { onCpu, onCpuSince } = cells;
  const holder = running.find(({ cell }) => cell === onCpu);
  if (holder === undefined) return late;
  return late.includes(holder) ? [holder] : late.filter((call) => deadline(call) < onCpuSince);
}
