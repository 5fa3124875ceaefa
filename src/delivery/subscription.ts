import type { Connected, Subscriber, SubscriptionChange } from '../broker.ts';
import type { BindingConfig } from '../config/model.ts';
import type { RememberedSession, Sessions } from '../journal.ts';
import { sharedFilter } from '../topics.ts';
import type { QoS } from '../types.ts';

/** The binding's filters as its broker gets them. */
export function wireFilters(binding: BindingConfig): readonly string[] {
  if (binding.kind === 'queue') return binding.filters.map((filter) => sharedFilter(binding.group, filter));
  return binding.filters;
}

/** What a session is known by, across restarts. */
export type SessionIdentity = Pick<RememberedSession, 'clientId' | 'broker'>;

/** What has to be said so that the session carries `wanted` at `qos`, given what it is remembered to carry. */
export function subscriptionChange(
  wanted: readonly string[],
  qos: QoS,
  remembered: Pick<RememberedSession, 'subscribed' | 'qos'>,
  certain: boolean,
): SubscriptionChange {
  const carried = new Set(remembered.subscribed);
  return {
    unsubscribe: remembered.subscribed.filter((filter) => !wanted.includes(filter)),
    subscribe: certain && remembered.qos === qos ? wanted.filter((filter) => !carried.has(filter)) : wanted,
  };
}

/**
 * The session's filters across connections and restarts (DELIVERY, "Connecting" and "Identity"): the commit of
 * "in doubt" precedes each CONNECT, and a connection that starts in doubt subscribes again whatever the CONNACK says,
 * because a broker says "session not present" only once. A queue is subscribed again on every connection: Mosquitto (2.0.11
 * and 2.0.21) keeps a session over its own restart without its shared subscriptions, and says "session present".
 */
export class Subscription {
  readonly #sessions: Sessions;
  readonly #wanted: readonly string[];
  /** Whether a broker that still has the session still has its subscriptions. */
  readonly #reliable: boolean;
  #session: RememberedSession;
  #startsInDoubt = false;

  constructor(binding: BindingConfig, identity: SessionIdentity, sessions: Sessions) {
    this.#sessions = sessions;
    this.#wanted = wireFilters(binding);
    this.#reliable = binding.kind !== 'queue';
    const known = sessions.get(identity.clientId, identity.broker);
    this.#session = {
      clientId: identity.clientId,
      broker: identity.broker,
      binding: binding.name,
      kind: binding.kind === 'queue' ? 'queue' : 'topic',
      protocol: known?.protocol ?? binding.connection.protocol,
      qos: known?.qos ?? binding.qos,
      filters: binding.filters,
      subscribed: known?.subscribed ?? [],
      inDoubt: known?.inDoubt ?? false,
    };
    this.qos = binding.qos;
  }

  readonly qos: QoS;

  async connecting(): Promise<void> {
    this.#startsInDoubt = this.#session.inDoubt;
    await this.#save({ inDoubt: true });
  }

  async connected(connection: Connected): Promise<SubscriptionChange> {
    const { protocol } = connection;
    if (!connection.sessionPresent) {
      await this.#save({ protocol, subscribed: [] });
      return { unsubscribe: [], subscribe: this.#wanted };
    }
    const certain = this.#reliable && !this.#startsInDoubt;
    const change = subscriptionChange(this.#wanted, this.qos, this.#session, certain);
    const settled = change.subscribe.length === 0 && change.unsubscribe.length === 0;
    await this.#save({ protocol, inDoubt: !settled });
    return change;
  }

  /** After SUBACK and UNSUBACK. */
  async subscribed(): Promise<void> {
    await this.#save({ subscribed: this.#wanted, qos: this.qos, inDoubt: false });
  }

  /** Ends it for good, so that a later start subscribes again. */
  async unsubscribe(subscriber: Pick<Subscriber, 'unsubscribe'>): Promise<void> {
    await subscriber.unsubscribe(this.#wanted);
    await this.#save({ subscribed: [] });
  }

  async #save(change: Partial<RememberedSession>): Promise<void> {
    this.#session = { ...this.#session, ...change };
    await this.#sessions.save(this.#session);
  }
}
