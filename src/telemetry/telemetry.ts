import type { HostStatus, Telemetry } from '../status.ts';
import type { LogLevel } from '../types.ts';
import { type Description, describe, levelOf } from './describe.ts';
import { FloodGate, type KeptBack } from './flood.ts';
import { createRenderer, type Render, type RenderOptions } from './render.ts';

export interface TelemetryOptions extends RenderOptions {
  /** Lines below it are not written. */
  readonly level: LogLevel;
  /** Takes one line, without its end. */
  write(line: string): void;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

const LEVELS: { readonly [L in LogLevel]: number } = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };
/** Lines a second of one kind and binding: a flood of different lines is cut off here. */
const MAX_LINES = 100;
const MAX_CHATTY_LINES = 10_000;
/** One for each message, or the guest's own words: equal lines are meant. */
const CHATTY: ReadonlySet<HostStatus['kind']> = new Set(['guest-output', 'received', 'handled', 'repeat', 'published']);
/** Once in a process. */
const SINGLE: ReadonlySet<HostStatus['kind']> = new Set(['started', 'draining', 'stopped']);

type Counting = Extract<HostStatus, { kind: 'dropped' | 'spilled' }>;

/** Whether lines that were kept back are told as one line with the sum of their counts. */
function isCounting(status: HostStatus): status is Counting {
  return status.kind === 'dropped' || status.kind === 'spilled';
}

const weightOf = (status: HostStatus) => (isCounting(status) ? status.count : 1);

/** What is equal in lines of which only the count differs. */
const subjectOf = (status: Counting) => (status.kind === 'dropped' ? status.reason : status.topic);

/** Equal for statuses of which one a second is enough. */
function identityOf(status: HostStatus, { level, binding, text }: Description): string {
  const what = isCounting(status) ? subjectOf(status) : text.slice(0, 4_096);
  return `${status.kind} ${level} ${binding ?? ''} ${what}`;
}

class Logger implements Telemetry {
  readonly #options: TelemetryOptions;
  readonly #least: number;
  readonly #render: Render;
  readonly #now: () => number;
  readonly #equal = new FloodGate(1);
  readonly #kind = new FloodGate(MAX_LINES);
  readonly #chatty = new FloodGate(MAX_CHATTY_LINES);

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#least = LEVELS[options.level];
    this.#render = createRenderer(options);
    this.#now = options.now ?? Date.now;
  }

  wants(level: LogLevel): boolean {
    return LEVELS[level] >= this.#least;
  }

  report(status: HostStatus): void {
    const wanted = this.wants(levelOf(status));
    // So it is for each message, unless lines are kept back.
    if (!wanted && this.#equal.isEmpty && this.#kind.isEmpty && this.#chatty.isEmpty) return;
    const now = this.#now();
    this.#flush(now, status.kind === 'stopped');
    if (!wanted) return;
    const description = describe(status);
    if (this.#admits(status, description, now)) this.#write(description, now);
  }

  #admits(status: HostStatus, description: Description, now: number): boolean {
    if (SINGLE.has(status.kind)) return true;
    const place = `${status.kind} ${description.binding ?? ''}`;
    if (CHATTY.has(status.kind)) return this.#chatty.admit(place, status, 1, now);
    if (!this.#equal.admit(identityOf(status, description), status, weightOf(status), now)) return false;
    return this.#kind.admit(place, status, 1, now);
  }

  #flush(now: number, everything: boolean): void {
    for (const kept of this.#equal.due(now, everything)) this.#writeRepeated(kept, now);
    for (const gate of [this.#kind, this.#chatty])
      for (const kept of gate.due(now, everything)) this.#writeLeftOut(kept, now);
  }

  #writeRepeated({ status, count, weight }: KeptBack, now: number): void {
    if (isCounting(status)) {
      this.#write(describe({ ...status, count: weight }), now);
      return;
    }
    const description = describe(status);
    const times = count === 1 ? 'once more' : `${count} times more`;
    this.#write({ ...description, text: `${description.text} (${times})` }, now, { repeated: count });
  }

  #writeLeftOut({ status, count }: KeptBack, now: number): void {
    const { level, kind, binding } = describe(status);
    const text = `too many lines: ${count} of kind ${kind} left out`;
    this.#write({ level, kind, binding, label: undefined, text, fields: {} }, now, { leftOut: count });
  }

  #write(description: Description, now: number, more?: Readonly<Record<string, number>>): void {
    this.#options.write(this.#render(description, now, more));
  }
}

/**
 * Writes a log line for each status. Equal lines are written once a second, then with a count, and at most 100 lines a
 * second of one kind and binding (10,000 of the guest's output and of what is told for each message); what was kept
 * back is told with the next report, the last one at `stopped`.
 *
 * JSON lines have `time` (ISO 8601, UTC), `level`, `kind`, `binding` where there is one, `message`, and the members of
 * the status under their own names, durations as `durationMs`, `delayMs` and `retryInMs`; `repeated` and `leftOut`
 * count lines that were not written.
 */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  return new Logger(options);
}
