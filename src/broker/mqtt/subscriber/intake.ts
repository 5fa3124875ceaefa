import type { IncomingMessage } from '../../../types.ts';
import { Patience } from './patience.ts';
import type { Window } from './window.ts';

export interface IntakeHooks {
  message(message: IncomingMessage): void;
  /** Whether it takes the place of one that is in the window already. */
  repeats(message: IncomingMessage): boolean;
  released(packetId: number): void;
  /** QoS 0 messages that were dropped at a full window since the last call. */
  dropped(count: number): void;
}

/** How often drops are counted out, in milliseconds. */
const REPORT_EVERY = 1000;
/** PUBRELs before the session is up: a session cannot have more packet ids. */
const MAX_EARLY = 65_535;

/**
 * The gate between one connection and the taker of its messages. It holds reading back until the session is up, while
 * paused, and at a full window; since one message at a time is read, at most one waits here. QoS 0 at a full window
 * waits a second (see {@link Patience}) and is then dropped until there is room, so that a flood costs neither memory nor, for long, the
 * other messages of the session.
 */
export class Intake {
  readonly #window: Window;
  readonly #hooks: IntakeHooks;
  #open = false;
  #paused = false;
  #stopped = false;
  #dropping = false;
  #waiting: { readonly message: IncomingMessage; readonly done: () => void } | undefined;
  #early: number[] = [];
  /** How long a QoS 0 message may hold reading at a full window. */
  readonly #patience = new Patience(() => this.#losePatience());
  #dropped = 0;
  #reporting: NodeJS.Timeout | undefined;

  constructor(window: Window, hooks: IntakeHooks) {
    this.#window = window;
    this.#hooks = hooks;
  }

  /** The session is up: what came meanwhile is handed on first. */
  open(): void {
    this.#open = true;
    for (const packetId of this.#early.splice(0)) this.#hooks.released(packetId);
    this.#retry();
  }

  /** The connection ended: what waits on it comes again on the next one, or was QoS 0. */
  reset(): void {
    this.#open = false;
    this.#early = [];
    this.#waiting = undefined;
    this.#patience.stop();
  }

  /**
   * Whether a message at QoS 0 that has come is thrown away, whatever is in it; it is counted then. In a flood there may
   * be many times as many of these as of those that are handled.
   */
  drops(): boolean {
    if (!this.#dropping || !this.#open || this.#stopped || !this.#window.full) return false;
    this.#drop();
    return true;
  }

  /** Reading goes on when `done` is called. */
  publish(message: IncomingMessage, done: () => void): void {
    if (this.#mustWait(message)) {
      this.#waiting = { message, done };
      if (message.qos === 0) this.#patience.renew();
    } else {
      done();
    }
  }

  released(packetId: number): void {
    if (this.#open) this.#hooks.released(packetId);
    else if (this.#early.push(packetId) > MAX_EARLY)
      throw new Error(`the broker released more than ${MAX_EARLY} messages`);
  }

  /** Room in the window may have come. */
  room(): void {
    this.#dropping = false;
    this.#retry();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#retry();
  }

  /** Messages are thrown away from now on, unacknowledged; releases go on. */
  stop(): void {
    this.#stopped = true;
    this.#patience.stop();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.done();
  }

  /** Ends its timers. */
  close(): void {
    this.reset();
    this.#stopped = true;
    if (this.#reporting !== undefined) this.#report();
  }

  /** Takes the message, or throws it away, or says that it has to wait. */
  #mustWait(message: IncomingMessage): boolean {
    if (this.#stopped) return false;
    if (this.#open && this.#waiting === undefined && this.#takes(message)) {
      this.#handOver(message);
      return false;
    }
    if (!this.#dropping || message.qos > 0) return true;
    this.#drop();
    return false;
  }

  #takes(message: IncomingMessage): boolean {
    if (message.dup && this.#hooks.repeats(message)) return true;
    return !this.#paused && this.#window.fits(message);
  }

  #handOver(message: IncomingMessage): void {
    this.#window.add(message);
    this.#hooks.message(message);
  }

  #retry(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || !this.#open) return;
    if (!this.#takes(waiting.message)) {
      if (this.#paused) return;
      if (waiting.message.qos === 0) this.#patience.begin();
      return;
    }
    this.#waiting = undefined;
    this.#handOver(waiting.message);
    waiting.done();
  }

  /** Only at a full window: a session that is not up yet, or paused, holds for as long as it takes. */
  #losePatience(): void {
    const waiting = this.#waiting;
    // One at a higher QoS waits for as long as it takes: the time was that of one before it.
    if (waiting === undefined || waiting.message.qos > 0 || !this.#open || this.#paused) return;
    this.#waiting = undefined;
    this.#dropping = true;
    this.#drop();
    waiting.done();
  }

  #drop(): void {
    this.#dropped++;
    this.#reporting ??= setTimeout(() => this.#report(), REPORT_EVERY);
  }

  #report(): void {
    clearTimeout(this.#reporting);
    this.#reporting = undefined;
    const count = this.#dropped;
    this.#dropped = 0;
    if (count > 0) this.#hooks.dropped(count);
  }
}
