import { failpoint } from '#failpoint';
import type { OutboxRow } from '../../../journal.ts';
import type { MqttVersion, OutgoingMessage } from '../../../types.ts';
import type { ConnackProperties } from '../connection/grants.ts';
import type { Link, LinkEnd } from '../connection/link.ts';
import { OpenIds } from './open-ids.ts';
import { blamesPublish } from './suspects.ts';
import type { Job } from './waiting.ts';

/** Publishes in flight where CONNACK names no receive maximum: more than 20 at QoS 2 lose messages on Mosquitto. */
const DEFAULT_WINDOW = 20;

/**
 * `identified`: its row is being committed, nothing is written. `published`: PUBLISH is written and not answered.
 * `committing`: the answer came, and what follows from it is being committed. `released`: PUBREL is written.
 */
export type ExchangeState = 'identified' | 'published' | 'committing' | 'released';

/** One packet id in use on one connection: for a row of the outbox, or for a confirmed publish at QoS 1. */
export interface Exchange {
  readonly packetId: number;
  readonly row: OutboxRow | undefined;
  readonly job: Job | undefined;
  /** Counts them. */
  readonly turn: number;
  state: ExchangeState;
}

export interface FlightOptions {
  readonly link: Link;
  readonly protocol: MqttVersion;
  readonly granted: ConnackProperties;
  readonly broker: string;
  readonly resumed: boolean;
}

/** What one connection has in flight, within the broker's receive maximum [MQTT-3.3.4-9]; dies with the connection. */
export class Flight {
  readonly link: Link;
  readonly protocol: MqttVersion;
  readonly granted: ConnackProperties;
  readonly broker: string;
  /** The session was present: what was sent before carries DUP. */
  readonly resumed: boolean;
  /**
   * A PUBLISH was written. What the broker thought of it stays open at QoS 0, and also where it was answered: some
   * brokers close the connection after the answer with which they refuse one.
   */
  wrote = false;
  readonly #window: number;
  readonly #open = new OpenIds<Exchange>();
  #turns = 0;
  /** Identified or published. */
  #unanswered = 0;
  #publishedAt = Number.NEGATIVE_INFINITY;

  constructor({ link, protocol, granted, broker, resumed }: FlightOptions) {
    this.link = link;
    this.protocol = protocol;
    this.granted = granted;
    this.broker = broker;
    this.resumed = resumed;
    this.#window = granted.receiveMaximum ?? DEFAULT_WINDOW;
  }

  get size(): number {
    return this.#open.size;
  }

  get(packetId: number): Exchange | undefined {
    return this.#open.get(packetId);
  }

  exchanges(): readonly Exchange[] {
    return this.#open.all();
  }

  /** Whether a PUBLISH may be sent; `alone`: only where no other is unanswered. */
  room(alone: boolean): boolean {
    return this.#open.size < this.#window && (!alone || this.#unanswered === 0);
  }

  /** The id may be that of an exchange whose deletion was committed this moment: it has no more to say. */
  begin(packetId: number, row: OutboxRow | undefined, job: Job | undefined): Exchange {
    const exchange: Exchange = { packetId, row, job, turn: this.#turns++, state: 'identified' };
    this.#open.set(exchange);
    this.#unanswered++;
    return exchange;
  }

  publish(exchange: Exchange, message: OutgoingMessage, dup: boolean): void {
    if (exchange.row !== undefined) failpoint('out.identified');
    exchange.state = 'published';
    this.wrote = true;
    this.#publishedAt = performance.now();
    this.link.publish(message, exchange.packetId, dup);
    if (exchange.row !== undefined) failpoint('out.published');
  }

  /**
   * At QoS 0. `alone`: it counts as unanswered until a PINGRESP says that the broker has read it, and `over` is called
   * then.
   */
  publishQos0(message: OutgoingMessage, alone: boolean, over: () => void): void {
    this.wrote = true;
    this.link.publish(message, 0, false);
    if (!alone) return;
    const exchange = this.begin(0, undefined, undefined);
    this.link.ping((answered) => {
      this.end(exchange);
      if (answered) over();
    });
  }

  /** PUBREL is written, again or for the first time. */
  release(exchange: Exchange): void {
    this.answered(exchange);
    exchange.state = 'released';
    this.link.answer('pubrel', exchange.packetId);
    failpoint('out.pubrel');
  }

  /** The answer to its PUBLISH came. */
  answered(exchange: Exchange): void {
    if (exchange.state === 'identified' || exchange.state === 'published') this.#unanswered--;
    exchange.state = 'committing';
  }

  /** The packet id is not in use on this connection any more. */
  end(exchange: Exchange): void {
    this.answered(exchange);
    if (this.#open.get(exchange.packetId) === exchange) this.#open.delete(exchange.packetId);
  }

  /** What the broker may have ended the connection for: the publishes that it left unanswered (DELIVERY, rule 8). */
  suspects(end: LinkEnd): Exchange[] {
    if (!blamesPublish(end, performance.now() - this.#publishedAt)) return [];
    return this.#open.all().filter(({ packetId, state }) => state === 'published' && packetId !== 0);
  }
}
