import { HostError } from '../errors.ts';
import { sharedFilter } from '../topics.ts';
import type { BrokerAddress, ConnectionOptions } from '../types.ts';
import { sameBroker } from './connection.ts';
import type { BindingConfig, HostConfig } from './model.ts';
import { parseBrokerUrl } from './url.ts';

/** What `state_dir` remembers of a binding's session; a RememberedSession is one. */
export interface KnownBinding {
  readonly binding: string;
  readonly kind: 'queue' | 'topic';
  /** {@link brokerIdentity} of its connection. */
  readonly broker: string;
  readonly filters: readonly string[];
  /** As the broker has them, with the group of a queue; none where that is not known. */
  readonly subscribed: readonly string[];
}

/** What a broker is remembered by: its addresses as the user wrote them, joined by a space, without secrets. */
export function brokerIdentity(connection: Pick<ConnectionOptions, 'addresses'>): string {
  return connection.addresses.map(({ display }) => display).join(' ');
}

function parsed(url: string): readonly BrokerAddress[] {
  try {
    return [parseBrokerUrl(url)];
  } catch (error) {
    // Another driver's url: known by its spelling only.
    if (error instanceof HostError) return [];
    throw error;
  }
}

/** Whether a connection leads to a broker that was remembered, however its url is spelt now. */
export function isRememberedBroker(connection: Pick<ConnectionOptions, 'addresses'>, broker: string): boolean {
  return (
    brokerIdentity(connection) === broker || sameBroker(connection, { addresses: broker.split(' ').flatMap(parsed) })
  );
}

function sameSession(binding: BindingConfig, known: KnownBinding): boolean {
  return binding.kind === known.kind && isRememberedBroker(binding.connection, known.broker);
}

function sameFilters(a: readonly string[], b: readonly string[]): boolean {
  const wanted = new Set(a);
  return wanted.size === new Set(b).size && b.every((filter) => wanted.has(filter));
}

/** Whether the session is in the same groups too. */
function sameGroup({ kind, group, filters }: BindingConfig, { subscribed }: KnownBinding): boolean {
  return kind !== 'queue' || filters.every((filter) => subscribed.includes(sharedFilter(group, filter)));
}

const positional = (position: number) => `b${position}`;

/** Gives out names, each once, without those that are written. */
class Naming {
  private readonly names = new Map<BindingConfig, string>();
  private readonly taken: Set<string>;
  private readonly known: readonly KnownBinding[];
  private readonly unnamed: readonly BindingConfig[];

  constructor(bindings: readonly BindingConfig[], known: readonly KnownBinding[]) {
    this.unnamed = bindings.filter(({ named }) => !named);
    this.taken = new Set(bindings.filter(({ named }) => named).map(({ name }) => name));
    this.known = known;
  }

  run(): ReadonlyMap<BindingConfig, string> {
    this.byContent();
    this.byPosition();
    for (const binding of this.left()) this.give(binding, this.fresh());
    return this.names;
  }

  private left(): readonly BindingConfig[] {
    return this.unnamed.filter((binding) => !this.names.has(binding));
  }

  private give(binding: BindingConfig, name: string): void {
    this.names.set(binding, name);
    this.taken.add(name);
  }

  /** The same broker, kind and filters. Of twins, those of the same group come first, then those that stayed in place. */
  private byContent(): void {
    this.bySession(sameGroup);
    this.bySession(() => true);
  }

  private bySession(fits: (binding: BindingConfig, known: KnownBinding) => boolean): void {
    const candidates = (binding: BindingConfig) =>
      this.known
        .filter((known) => !this.taken.has(known.binding) && fits(binding, known))
        .filter((known) => sameSession(binding, known) && sameFilters(binding.filters, known.filters))
        .map((known) => known.binding);
    for (const binding of this.left()) {
      const inPlace = positional(binding.position);
      if (candidates(binding).includes(inPlace)) this.give(binding, inPlace);
    }
    for (const binding of this.left()) {
      const [name] = candidates(binding);
      if (name !== undefined) this.give(binding, name);
    }
  }

  /** The name of its place, unless it is another session's: with the same broker and kind only the filters changed. */
  private byPosition(): void {
    for (const binding of this.left()) {
      const name = positional(binding.position);
      const holders = this.known.filter((known) => known.binding === name);
      const free = holders.length === 0 || holders.some((known) => sameSession(binding, known));
      if (free && !this.taken.has(name)) this.give(binding, name);
    }
  }

  /** The first `b<n>` that neither a binding nor a remembered session has. */
  private fresh(): string {
    const remembered = new Set(this.known.map(({ binding }) => binding));
    for (let n = 0; ; n++) {
      const name = positional(n);
      if (!this.taken.has(name) && !remembered.has(name)) return name;
    }
  }
}

/**
 * Names the bindings that have no name of their own: each keeps the name under which `state_dir` knows its broker,
 * kind and filters, wherever it stands now; what is left is matched by position (`b0`, `b1`, …). A name that another
 * remembered session holds is never given out, so deleting, adding and swapping bindings mixes up nothing.
 */
export function nameBindings(config: HostConfig, known: readonly KnownBinding[]): HostConfig {
  const names = new Naming(config.bindings, known).run();
  const remembered = new Set(known.map(({ binding }) => binding));
  const origins = new Map(config.origins);
  const bindings = config.bindings.map((binding) => {
    const name = names.get(binding);
    if (name === undefined) return binding;
    const because = remembered.has(name) ? 'remembered in state_dir' : 'its position';
    origins.set(`${binding.path}.name`, { from: 'default', because });
    return Object.freeze({ ...binding, name });
  });
  return Object.freeze({ ...config, bindings: Object.freeze(bindings), origins });
}
