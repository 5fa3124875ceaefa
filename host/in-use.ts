import {
  groupPublishers,
  type Holding,
  type HostConfig,
  identityOf,
  isSessionOf,
  type JournalView,
  publisherKeys,
  type RememberedSession,
} from '../src/cli.ts';

/** What of a journal still belongs to something in app.toml (DELIVERY, "Identity"). */
export interface InUse {
  binding(name: string): boolean;
  /** By the key of a publisher session. */
  publisher(key: string): boolean;
  session(session: RememberedSession): boolean;
  holding(holding: Holding): boolean;
}

/** `config` with its bindings named. */
export function inUse(config: HostConfig, journal: Pick<JournalView, 'instance' | 'sessions' | 'publishers'>): InUse {
  const { name: app, bindings } = config;
  const sessions = { instance: journal.instance, all: () => journal.sessions() };
  const kinds = new Map(bindings.map(({ name, kind }) => [name, kind]));
  const publishers = groupPublishers(bindings, (binding) => identityOf(binding, app, sessions).clientId);
  const keys = new Set(publisherKeys(publishers, journal.publishers()).values());
  /** A binding that only publishes has dead letters, but no messages that it could go on with. */
  const goesOn = ({ name, spilled, markers, attempts }: Extract<Holding, { kind: 'binding' }>) => {
    const kind = kinds.get(name);
    return kind === 'publish-only' ? spilled + markers + attempts === 0 : kind !== undefined;
  };
  return {
    binding: (name) => kinds.has(name),
    publisher: (key) => keys.has(key),
    session: (session) => bindings.some((binding) => isSessionOf(binding, app, sessions, session)),
    holding: (holding) => (holding.kind === 'binding' ? goesOn(holding) : keys.has(holding.key)),
  };
}
