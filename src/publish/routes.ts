import type { BindingConfig } from '../config/model.ts';
import { matches } from '../topics.ts';

type Route = Pick<BindingConfig, 'name' | 'publish'>;

/** Finds the binding through which a topic is published (DELIVERY, "Routing a publish"). */
export class Routes<R extends Route = BindingConfig> {
  readonly #bindings: readonly R[];
  readonly #byName: ReadonlyMap<string, R>;
  readonly #fallback: R | undefined;

  /** `bindings` in file order. */
  constructor(bindings: readonly R[]) {
    this.#bindings = bindings;
    this.#byName = new Map(bindings.map((binding) => [binding.name, binding]));
    this.#fallback = bindings.find((binding) => binding.publish === undefined);
  }

  /** `current` names the binding of the message being handled. Undefined: the topic is not granted. */
  find(topic: string, current: string | undefined): R | undefined {
    for (const binding of this.#bindings)
      if (binding.publish?.some((filter) => matches(filter, topic)) === true) return binding;
    if (topic.startsWith('$')) return undefined;
    const own = current === undefined ? undefined : this.#byName.get(current);
    return own !== undefined && own.publish === undefined ? own : this.#fallback;
  }

  /** What the guest may publish to, for an error. */
  granted(): string {
    const filters = this.#bindings.flatMap((binding) => binding.publish ?? []).map((filter) => JSON.stringify(filter));
    if (this.#fallback !== undefined) filters.push('every topic that does not start with "$"');
    return filters.length === 0 ? 'nothing' : filters.join(', ');
  }
}

/** One way out for `host check`. */
export interface RouteDescription {
  readonly binding: string;
  /**
   * The binding's `publish` filters; undefined: what no filters match, but for `$…`, while a message of this binding is
   * handled.
   */
  readonly filters: readonly string[] | undefined;
  /** The same at any time: the last way out. */
  readonly fallback: boolean;
  readonly broker: string;
  readonly qos: BindingConfig['qos'];
  readonly format: BindingConfig['format'];
}

/** A broker's addresses in order, without secrets. */
export function brokerName(binding: Pick<BindingConfig, 'connection'>): string {
  return binding.connection.addresses.map((address) => address.display).join(' ');
}

/** The routes in the order in which they are tried. A binding that grants nothing (`publish = []`) is none. */
export function describeRoutes(bindings: readonly BindingConfig[]): RouteDescription[] {
  const written = bindings.filter((binding) => binding.publish !== undefined && binding.publish.length > 0);
  const [fallback, ...own] = bindings.filter((binding) => binding.publish === undefined);
  return [...written, ...own, ...(fallback === undefined ? [] : [fallback])].map((binding) => ({
    binding: binding.name,
    filters: binding.publish,
    fallback: binding === fallback,
    broker: brokerName(binding),
    qos: binding.qos,
    format: binding.format,
  }));
}

/**
 * Transactional bindings whose guest may publish through a lower qos than theirs, where a transaction's publish is not
 * effectively once: one line for each pair (DELIVERY, "Routing a publish").
 */
export function routeWarnings(bindings: readonly BindingConfig[]): string[] {
  const fallback = bindings.find((binding) => binding.publish === undefined);
  const transactional = bindings.filter(({ transactional: on, kind }) => on && kind !== 'publish-only');
  return transactional.flatMap((binding) => {
    const own = binding.publish === undefined ? binding : fallback;
    const routes = bindings.filter((route) => route === own || (route.publish?.length ?? 0) > 0);
    return routes
      .filter((route) => route.qos < binding.qos)
      .map(
        (route) =>
          `binding "${binding.name}" (qos ${binding.qos}, transactional) may publish through binding "${route.name}" (${route.path}) at qos ${route.qos}: such a publish may be ${route.qos === 0 ? 'lost' : 'repeated'} after a kill or a lost connection`,
      );
  });
}
