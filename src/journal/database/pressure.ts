/** Why intake has to stop for the journal's sake, although nothing is lost and commits go on. */
export interface Pressure {
  readonly reason: 'state-max' | 'disk-full';
  /** A sentence for the user: what is full, and what helps. */
  readonly text: string;
}

/** Tells one listener of each change; a full disk outranks a full journal. */
export class Pressures {
  readonly #held = new Map<Pressure['reason'], Pressure>();
  readonly #listener: (pressure: Pressure | undefined) => void;
  #told: Pressure | undefined;

  constructor(listener: (pressure: Pressure | undefined) => void) {
    this.#listener = listener;
  }

  /** `text` undefined: the reason is gone. */
  set(reason: Pressure['reason'], text: string | undefined): void {
    if (text === undefined) this.#held.delete(reason);
    else if (!this.#held.has(reason)) this.#held.set(reason, { reason, text });
    const current = this.#held.get('disk-full') ?? this.#held.get('state-max');
    if (current === this.#told) return;
    this.#told = current;
    this.#listener(current);
  }
}

export function diskFullText(folder: string): string {
  return `the disk of ${folder} is full: nothing is lost and nothing more is taken in; it goes on by itself once there is room`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

export function stateMaxText(folder: string, bytes: number, max: number): string {
  return `the journal in ${folder} holds ${mebibytes(bytes)} of spilled messages, unsent publishes and dead letters, and state_max is ${mebibytes(max)}: nothing more is taken in until it holds less than nine tenths of that, and nothing is lost; let brokers and guest catch up, purge dead letters (host dlq purge), or raise state_max`;
}
