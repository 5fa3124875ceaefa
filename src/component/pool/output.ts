import type { Telemetry } from '../../status.ts';
import type { CallCells } from '../exchange/cells.ts';
import type { OutputMessage } from '../exchange/protocol.ts';

/** Milliseconds after which taken output makes room for more: together with the worker's bound, the rate of a flood. */
const REFILL = 1000;

/** Reports what a guest writes, at a bounded rate; what the worker had to drop is reported as a count. */
export class GuestOutput {
  readonly #cells: CallCells;
  readonly #telemetry: Pick<Telemetry, 'report'>;
  #owed = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(cells: CallCells, telemetry: Pick<Telemetry, 'report'>) {
    this.#cells = cells;
    this.#telemetry = telemetry;
  }

  take(lines: readonly OutputMessage[], cost: number): void {
    for (const line of lines) this.#telemetry.report({ kind: 'guest-output', ...line });
    this.#owed += cost;
    this.#timer ??= setTimeout(() => this.#refill(), REFILL);
  }

  /** The worker is over. */
  finish(): void {
    this.#refill();
  }

  #refill(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#cells.takeOutput(this.#owed);
    this.#owed = 0;
    const count = (this.#cells.outputDropped - this.#dropped) | 0;
    if (count === 0) return;
    this.#dropped += count;
    const text = `${count} lines of guest output were dropped: the guest writes faster than they can be taken`;
    this.#telemetry.report({ kind: 'notice', level: 'warn', text });
  }
}
