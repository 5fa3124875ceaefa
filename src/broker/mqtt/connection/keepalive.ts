export interface KeepaliveHooks {
  /** Writes a PINGREQ. */
  ping(): void;
  /** Nothing came from the broker for one and a half keep alive intervals. */
  dead(): void;
  /** While reading is held back, silence says nothing about the broker. */
  holding(): boolean;
}

/** Half intervals of silence after which a peer counts as dead: one and a half intervals [MQTT-3.1.2-22]. */
const DEAD = 3;

/**
 * Pings and notices a dead peer for one connection, in place of mqtt.js's own timer, which would end a connection whose
 * PINGRESP lies unread behind a held message. Counts ticks rather than time, so that a stalled process or a machine that
 * slept does not blame the broker.
 */
export class Keepalive {
  readonly #hooks: KeepaliveHooks;
  readonly #timer: NodeJS.Timeout | undefined;
  #sent = true;
  #received = true;
  #silent = 0;

  /** `interval` is the keep alive in milliseconds; 0 turns pings off. */
  constructor(interval: number, hooks: KeepaliveHooks) {
    this.#hooks = hooks;
    if (interval > 0) this.#timer = setInterval(() => this.#tick(), interval / 2);
  }

  sent(): void {
    this.#sent = true;
  }

  received(): void {
    this.#received = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const [sent, received] = [this.#sent, this.#received];
    this.#sent = false;
    this.#received = false;
    this.#silent = received || this.#hooks.holding() ? 0 : this.#silent + 1;
    if (this.#silent >= DEAD) this.#hooks.dead();
    else if (!sent || !received) this.#hooks.ping();
  }
}
