import { type BackoffOptions, backoffDelay } from '../../../backoff.ts';

export const RECONNECT: BackoffOptions = { initial: 250, max: 30_000, jitter: 0.2 };

/** A connection that lasted this long ends the series of failures before it. */
const STEADY = 10_000;
/**
 * Short connections that are followed by the shortest delay: two hosts with one client id throw each other out at that
 * pace, fast enough for {@link TakeoverWatch} to see it.
 */
const FREE_LOSSES = 4;

/** How long to wait before the next round of connection attempts. */
export class Retry {
  readonly #random: () => number;
  #failures = 0;
  #losses = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** No address could be connected to. */
  failed(): number {
    return backoffDelay(RECONNECT, ++this.#failures, this.#random);
  }

  /** A connection ended `uptime` milliseconds after its CONNACK. */
  lost(uptime: number): number {
    if (uptime >= STEADY) this.#losses = 0;
    this.#losses++;
    this.#failures = Math.max(1, this.#losses - FREE_LOSSES);
    return backoffDelay(RECONNECT, this.#failures, this.#random);
  }

  /** The cause of the losses so far is gone. */
  mended(): void {
    this.#losses = 0;
  }
}

const TAKEOVER_CLOSES = 3;
const TAKEOVER_UPTIME = 1000;

/**
 * Tells that another client takes the session where the broker does not say so, as on 3.1.1, and on MQTT 5 with
 * Mosquitto 2.0.11, which closes without its DISCONNECT: three closes by the broker, each within 1 s of a successful
 * CONNACK with nothing of ours unanswered (DELIVERY, "Identity"). A publish of ours clears the other client, answered or
 * not: Mosquitto 2.0.11 with max_queued_messages 0 closes right after the answer with which it refuses one. An attempt
 * that fails in between says that the broker went away: one that is restarted again and again is nobody else's.
 */
export class TakeoverWatch {
  #closes = 0;

  /** True at the third. A connection that lasted longer starts the count again; one that we may be to blame for says nothing. */
  closed(uptime: number, blameless: boolean): boolean {
    if (uptime > TAKEOVER_UPTIME) this.#closes = 0;
    else if (blameless) this.#closes++;
    return this.#closes >= TAKEOVER_CLOSES;
  }

  /** An attempt to connect failed. */
  failed(): void {
    this.#closes = 0;
  }
}
