import type { BindingConfig } from '../config/model.ts';

/** What an inspected component can take part in. */
export interface ComponentFacts {
  /** Imports `receive` or `stream`. */
  readonly importsPull: boolean;
  readonly exportsHandler: (name: string) => boolean;
}

/** As `on_message` may write it: a function of the world in snake or kebab case. */
export function componentFacts(inspection: {
  readonly handlers: readonly string[];
  readonly importsReceive: boolean;
  readonly importsStream: boolean;
}): ComponentFacts {
  const written = (name: string) => (name.includes('#') ? name : name.replaceAll('-', '_'));
  const handlers = new Set(inspection.handlers.map(written));
  return {
    importsPull: inspection.importsReceive || inspection.importsStream,
    exportsHandler: (name) => handlers.has(written(name)),
  };
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
    const why =
      binding.delivery === 'auto' ? `pulls, since the component does not export "${binding.onMessage}"` : 'pulls';
    warnings.push(`${where} ${why}; the component imports neither receive nor stream: not subscribed`);
  }
  return warnings;
}
