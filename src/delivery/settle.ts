import type { BindingConfig } from '../config/model.ts';

/** What an inspected component can take part in. */
export interface ComponentFacts {
  /** Imports `receive` or `stream`. */
  readonly importsPull: boolean;
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

/** Why a pull binding is not subscribed. */
export function pullWarning(binding: BindingConfig, facts: ComponentFacts): string {
  const where = `binding "${binding.name}" (${binding.path})`;
  if (!facts.importsPull) return `${where} is a pull binding, but the component imports neither receive nor stream: not subscribed`;
  return `${where} is a pull binding: receive and stream are not built yet, so it is not subscribed`;
}
