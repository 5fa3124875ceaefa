import type { Broker, Subscriber } from '../broker.ts';
import type { BindingConfig } from '../config/index.ts';
import { type Attempts, type Dispatcher, Reception, type SessionIdentity } from '../delivery/index.ts';
import type { Journal } from '../journal/index.ts';
import type { Publishers } from '../publish/index.ts';
import type { Telemetry } from '../status.ts';

/** A binding that is subscribed. */
export interface BindingSession {
  readonly binding: BindingConfig;
  readonly identity: SessionIdentity;
  readonly delivery: Reception;
  readonly subscriber: Subscriber;
}

export interface SessionParts {
  readonly identity: SessionIdentity;
  readonly journal: Journal;
  readonly publishers: Publishers;
  readonly broker: Broker;
  /** How the guest gets its messages, and what they run through. */
  readonly attempts: Attempts;
  readonly dispatcher: Dispatcher;
  readonly telemetry: Telemetry;
  readonly failed: (error: Error) => void;
}

/** Opens the session of a binding; it hands nothing on before its delivery is started. */
export function openSession(binding: BindingConfig, parts: SessionParts): BindingSession {
  const { name, connection, qos, sessionExpiry, maxInFlight, maxBytesInFlight } = binding;
  const { identity, journal, publishers, attempts, dispatcher, telemetry, failed } = parts;
  const { outbox, broker } = publishers.for(binding);
  const delivery = new Reception({
    binding,
    identity,
    sessions: journal.sessions,
    inbox: journal.inbox(name, identity),
    outbox: { outbox, broker },
    attempts,
    dispatcher,
    telemetry,
    failed,
  });
  const { clientId } = identity;
  const bounds = { sessionExpiry, maxInFlight, maxBytesInFlight };
  const subscriber = parts.broker.openSubscriber({ binding: name, connection, clientId, qos, ...bounds }, delivery);
  return { binding, identity, delivery, subscriber };
}
