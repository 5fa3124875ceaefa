import {
  type BindingConfig,
  brokerIdentity,
  type DriverInfo,
  type HostConfig,
  isRememberedBroker,
  readBrokerUrl,
} from '../config/index.ts';
import type { SessionIdentity } from '../delivery/index.ts';
import type { RememberedSession, Sessions } from '../journal.ts';
import { type PublisherSession, sameCredentials } from '../publish/index.ts';
import type { ConnectionOptions } from '../types.ts';

type KnownSessions = Pick<Sessions, 'instance' | 'all'>;

/** `<name>-<binding>-<instance>`, so that replicas never share a session (DELIVERY, "Identity"). */
function clientIdOf({ clientId, name }: BindingConfig, app: string, { instance }: KnownSessions): string {
  return clientId ?? `${app}-${name}-${instance}`;
}

/** The session of a binding, as the journal knows it or will know it. */
export function identityOf(binding: BindingConfig, app: string, sessions: KnownSessions): SessionIdentity {
  const known = sessions.all().find((session) => isSessionOf(binding, app, sessions, session));
  return {
    clientId: clientIdOf(binding, app, sessions),
    broker: known?.broker ?? brokerIdentity(binding.connection),
  };
}

/** Whether a remembered session is the binding's, however its broker's url was spelt. */
export function isSessionOf(
  binding: BindingConfig,
  app: string,
  sessions: KnownSessions,
  { clientId, broker }: SessionIdentity,
): boolean {
  return clientId === clientIdOf(binding, app, sessions) && isRememberedBroker(binding.connection, broker);
}

/** What the journal knows a publisher session by. */
export interface KnownPublisher {
  readonly key: string;
  readonly broker: string;
}

/**
 * By its key, the key under which the journal knows each publisher session: the same, or that of a remembered one for
 * the same broker, spelt in another way, with the same credentials.
 */
export function publisherKeys(
  sessions: readonly PublisherSession[],
  known: readonly KnownPublisher[],
): ReadonlyMap<string, string> {
  const own = new Set(sessions.map(({ key }) => key));
  const free = known.filter(({ key }) => !own.has(key));
  const keys = new Map<string, string>();
  for (const session of sessions) {
    const { key, connection } = session;
    const isKnown = known.some((one) => one.key === key);
    const index = isKnown
      ? -1
      : free.findIndex((one) => sameCredentials(one.key, key) && isRememberedBroker(connection, one.broker));
    const [respelt] = index < 0 ? [] : free.splice(index, 1);
    keys.set(key, respelt?.key ?? key);
  }
  return keys;
}

/** A way to a broker: a connection, and the driver that takes it. */
interface Way {
  readonly driver: string | undefined;
  readonly connection: ConnectionOptions;
}

/** How to reach a remembered session's broker: as a binding of today does, else without credentials. */
function wayTo(
  { broker, protocol }: RememberedSession,
  bindings: readonly BindingConfig[],
  drivers: readonly DriverInfo[],
): Way {
  const known = bindings.find(({ connection }) => isRememberedBroker(connection, broker));
  if (known !== undefined) return { driver: known.driver, connection: { ...known.connection, will: undefined } };
  const urls = broker.split(' ');
  for (const { name, schemes } of drivers) {
    const read = urls.map((url) => readBrokerUrl(url, schemes));
    const addresses = read.flatMap((result) => (result.ok ? [result.value.address] : []));
    if (addresses.length === urls.length)
      return { driver: name, connection: { addresses, keepalive: 30_000, protocol } };
  }
  return { driver: undefined, connection: { addresses: [], keepalive: 30_000, protocol } };
}

export interface GoneSession extends Way {
  readonly session: RememberedSession;
}

/** Remembered sessions of bindings that the config has no more; without a driver where none knows the broker's url. */
export function goneSessions(
  bindings: readonly BindingConfig[],
  app: string,
  sessions: KnownSessions,
  drivers: readonly DriverInfo[],
): GoneSession[] {
  const isGone = (session: RememberedSession) =>
    !bindings.some((binding) => isSessionOf(binding, app, sessions, session));
  return sessions
    .all()
    .filter(isGone)
    .map((session) => ({ session, ...wayTo(session, bindings, drivers) }));
}

/** What is to be said where this start made the state_dir, and with it new sessions. */
export function freshNotice({ bindings, stateDir }: HostConfig, { fresh, instance }: Sessions): string | undefined {
  if (!fresh || !bindings.some(({ kind, qos }) => kind !== 'publish-only' && qos > 0)) return undefined;
  return `new identity "${instance}" in ${stateDir}: what an earlier session holds stays at the broker`;
}
