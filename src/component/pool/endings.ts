import type { GuestCall, GuestOutcome } from '../../guest.ts';

type Told = Pick<GuestCall, 'ended'>;

/**
 * Tells calls how they ended: in order, all of one turn together and after it, so that what ended with a call is known
 * when that is told.
 */
export class Endings {
  #calls: Told[] = [];
  #outcomes: GuestOutcome[] = [];
  readonly #tellAll = () => this.#tell();

  add(call: Told, outcome: GuestOutcome): void {
    if (this.#calls.push(call) === 1) queueMicrotask(this.#tellAll);
    this.#outcomes.push(outcome);
  }

  /** What is added meanwhile is told later. */
  #tell(): void {
    const [calls, outcomes] = [this.#calls, this.#outcomes];
    this.#calls = [];
    this.#outcomes = [];
    for (let at = 0; at < calls.length; at++) {
      const [call, outcome] = [calls[at], outcomes[at]];
      if (call !== undefined && outcome !== undefined) tell(call, outcome);
    }
  }
}

/** What it throws ends the process, as in a callback of its own: it is not for the others. */
function tell(call: Told, outcome: GuestOutcome): void {
  try {
    call.ended(outcome);
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}
