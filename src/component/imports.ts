import { HostError } from '../errors.ts';
import type { ProvidedInterface } from '../guest.ts';
import type { InspectedItem, Inspection } from './inspect.ts';
import { listNames } from './name-list.ts';
import { formatInterfaceName, isCompatible } from './versions.ts';

/** Whether linking needs something from the host: types alone are known to both sides by their structure. */
function needsHost(item: InspectedItem): boolean {
  return item.kind !== 'type' && (item.kind !== 'interface' || item.functions.length + item.resources.length > 0);
}

function fault(item: InspectedItem, provided: readonly ProvidedInterface[]): string | undefined {
  const same = provided.filter(({ name }) => name === item.name);
  if (item.kind === 'interface' && same.some(({ version }) => isCompatible(version, item.version))) return undefined;
  const name = formatInterfaceName(item);
  if (item.kind === 'function') return `the function ${name} (a function of the world: only interfaces are provided)`;
  if (item.kind === 'other') return `${name} (a component, module or value: only interfaces are provided)`;
  if (same.length === 0) return name;
  return `${name} (this host provides ${same.map(({ version }) => version).join(', ')})`;
}

/**
 * Refuses a component that imports what the host cannot provide.
 * @param source how the error names the component, as its path.
 * @throws {HostError} ERR_COMPONENT_IMPORT, naming such imports, the first ten of them.
 */
export function checkImports(inspection: Inspection, provided: readonly ProvidedInterface[], source: string): void {
  const faults = inspection.imports.filter(needsHost).flatMap((item) => fault(item, provided) ?? []);
  if (faults.length === 0) return;
  const what =
    faults.length === 1 ? 'an import that this host cannot provide' : 'imports that this host cannot provide';
  throw new HostError('ERR_COMPONENT_IMPORT', `${source} has ${what}: ${listNames(faults, '; ')}`);
}

/** The imported functions that may have to wait, as `wasi:pubsub/data-basic@0.1.0#publish`. */
export function waitingImports(inspection: Inspection, provided: readonly ProvidedInterface[]): string[] {
  const waits = new Map(provided.map(({ name, waits }) => [name, new Set(waits)]));
  return inspection.imports.flatMap((item) =>
    item.kind !== 'interface'
      ? []
      : item.functions
          .filter(({ name }) => waits.get(item.name)?.has(name))
          .map(({ name }) => `${formatInterfaceName(item)}#${name}`),
  );
}
