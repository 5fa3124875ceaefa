import type { BindingConfig } from '../config/model.ts';

/** What an inspected component can take part in. */
export interface ComponentFacts {
  /** Imports `receive` or `stream`. */
  readonly importsPull: boolean;
  /** What `on_message` may name, as a warning lists it; empty where there is nothing. */
  readonly handlers: string;
  /** Whether it exports something under the name that `on_message` gives; of another type is an error, not a pull. */
  readonly exportsHandler: (name: string) => boolean;
}

/** What a binding does, once the component is known (DESIGN, "The configuration", `delivery`). */
export type Role = 'push' | 'pull' | 'publish-only';

/** `auto` is push if the guest exports the handler, else pull. */
export function roleOf(binding: BindingConfig, facts: ComponentFacts): Role {
  if (binding.kind === 'publish-only') return 'publish-only';
  if (binding.delivery === 'auto') return facts.exportsHandler(binding.onMessage) ? 'push' : 'pull';
  return binding.delivery;
}

/** What has to be said about an app's bindings at start, one line each. */
export function bindingWarnings(bindings: readonly BindingConfig[], facts: ComponentFacts): string[] {
  const warnings: string[] = [];
  for (const binding of bindings) {
    const where = `binding "${binding.name}" (${binding.path})`;
    if (facts.importsPull || roleOf(binding, facts) !== 'pull') continue;
    const handlers = facts.handlers === '' ? 'none' : facts.handlers;
    const why =
      binding.delivery === 'auto'
        ? `pulls, since the component does not export "${binding.onMessage}" (its handlers: ${handlers})`
        : 'pulls';
    warnings.push(`${where} ${why}; the component imports neither receive nor stream: not subscribed`);
  }
  return warnings;
}
