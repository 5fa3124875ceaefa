import type { BindingConfig } from '../config/model.ts';

/** What an inspected component can take part in. */
export interface ComponentFacts {
  /** Imports `receive` or `stream`. */
  readonly importsPull: boolean;
  /** Exports `wasi:cli/run`. */
  readonly exportsRun: boolean;
  readonly exportsHandler: (name: string) => boolean;
}

/** As `on_message` may write it: a function of the world in snake or kebab case. */
export function componentFacts(inspection: {
  readonly handlers: readonly string[];
  readonly importsReceive: boolean;
  readonly importsStream: boolean;
  readonly exportsRun: boolean;
}): ComponentFacts {
  const written = (name: string) => (name.includes('#') ? name : name.replaceAll('-', '_'));
  const handlers = new Set(inspection.handlers.map(written));
  return {
    importsPull: inspection.importsReceive || inspection.importsStream,
    exportsRun: inspection.exportsRun,
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
    const role = roleOf(binding, facts);
    if (role !== 'pull') continue;
    const why =
      binding.delivery === 'auto' ? `pulls, since the component does not export "${binding.onMessage}"` : 'pulls';
    if (facts.importsPull) warnings.push(`${where} ${why}, and receive and stream are not built yet: not subscribed`);
    else warnings.push(`${where} ${why}; the component imports neither receive nor stream: not subscribed`);
  }
  if (facts.importsPull)
    warnings.push('the component imports receive or stream: they return other("not built yet") in this version');
  if (facts.exportsRun) warnings.push('the component exports wasi:cli/run, which this version does not call');
  return warnings;
}
