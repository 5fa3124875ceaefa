import { HostError } from '../../errors.ts';
import type { GivenInterface, InterfaceLink } from '../../guest.ts';
import type { InspectedFunction, InspectedItem, Inspection } from '../inspect.ts';
import { listNames } from '../name-list.ts';
import { formatInterfaceName, isCompatible } from '../versions.ts';
import { camelCase } from '../worker/generated.ts';

/** What the interfaces that were given have to do with a component. */
export interface Linked {
  readonly links: readonly InterfaceLink[];
  /** Keys of those that it does not import. */
  readonly unused: readonly string[];
}

/** Whether one of these may stand for an import of the other's version. */
function overlap(a: GivenInterface, b: GivenInterface): boolean {
  return a.name === b.name && isCompatible(a.version, b.version);
}

function checkAmbiguity(given: readonly GivenInterface[]): void {
  for (const [index, first] of given.entries()) {
    const second = given.slice(index + 1).find((other) => overlap(first, other));
    if (second === undefined) continue;
    const text = `interfaces: "${first.key}" and "${second.key}" could stand for the same import: give one of them`;
    throw new HostError('ERR_INTERFACE_INVALID', text);
  }
}

/** Why a function of an interface that was given cannot be called by the guest. */
function unsupported({ name, async, plain }: InspectedFunction): string | undefined {
  if (async) return `${name} is an async func: declare it as func, the guest waits for it all the same`;
  if (!plain) return `${name} passes a resource, stream or future: pass plain data, as the id of a thing`;
  return undefined;
}

function link(item: InspectedItem, { key, source }: GivenInterface, component: string): InterfaceLink {
  const name = formatInterfaceName(item);
  const resources = item.resources.map((resource) => `it declares the resource ${resource}: pass the id of a thing`);
  const faults = [...resources, ...item.functions.flatMap((candidate) => unsupported(candidate) ?? [])];
  if (faults.length > 0) {
    const text = `${component} imports ${name}, and the host cannot link what was given for it: ${listNames(faults, '; ')}`;
    throw new HostError('ERR_COMPONENT_IMPORT', text);
  }
  const functions = item.functions.map(({ name: wit, fallible }) => ({ wit, js: camelCase(wit), fallible }));
  return { import: name, key, module: 'module' in source ? source.module : undefined, functions };
}

/**
 * Finds what was given for which import. An import in a version that no given one is compatible with is left to
 * `checkImports`.
 * @param component how errors name the component, as its path.
 * @throws {HostError} ERR_INTERFACE_INVALID where two given ones may stand for one import, ERR_COMPONENT_IMPORT where
 * the interface passes what cannot be passed on.
 */
export function linkGiven(inspection: Inspection, given: readonly GivenInterface[], component: string): Linked {
  checkAmbiguity(given);
  const used = new Set<GivenInterface>();
  const links: InterfaceLink[] = [];
  for (const item of inspection.imports) {
    const found = given.find(
      ({ name, version }) => item.kind === 'interface' && name === item.name && isCompatible(version, item.version),
    );
    if (found === undefined) continue;
    used.add(found);
    if (item.functions.length + item.resources.length > 0) links.push(link(item, found, component));
  }
  return { links, unused: given.filter((item) => !used.has(item)).map(({ key }) => key) };
}

/**
 * Makes sure that every function that the component imports was given.
 * @param offered the names of the functions that were.
 * @throws {HostError} ERR_COMPONENT_IMPORT, naming those that were not.
 */
export function checkGiven({ import: name, functions }: InterfaceLink, offered: readonly string[], component: string) {
  const missing = functions.filter(({ js }) => !offered.includes(js));
  if (missing.length === 0) return;
  const names = missing.map(({ wit, js }) => (wit === js ? js : `${js} (in WIT: ${wit})`));
  const found = offered.length === 0 ? 'it has no function' : `it has ${listNames(offered, ', ')}`;
  const text = `${component} imports ${name}, and what was given for it lacks ${listNames(names, ', ')}; ${found}`;
  throw new HostError('ERR_COMPONENT_IMPORT', text);
}
