import { HostError } from '../errors.ts';
import {
  DEFAULT_HANDLER,
  type InspectedFunction,
  type InspectedItem,
  type Inspection,
  isDefaultHandler,
} from './inspect.ts';
import { listNames } from './name-list.ts';
import { formatInterfaceName, isCompatible, parseInterfaceName } from './versions.ts';

/** A guest function as the generated code exports it. */
export interface HandlerExport {
  /** The interface's full name; undefined for a function of the world. */
  readonly interface: string | undefined;
  /** Its WIT name. */
  readonly function: string;
}

const HANDLER_TYPE = 'func(message: event) -> result<_, error>';

function listExports(inspection: Inspection): string {
  const names = inspection.exports.flatMap((item) => {
    if (item.kind === 'function') return [item.name];
    return item.functions.map(({ name }) => `${formatInterfaceName(item)}#${name}`);
  });
  return names.length === 0 ? 'it exports no function' : `it exports ${listNames(names, ', ')}`;
}

interface Found {
  readonly item: InspectedItem;
  readonly candidate: InspectedFunction;
}

/** Of several versions that fit, the one that is named, else one that is a handler. */
function find(inspection: Inspection, onMessage: string): Found | undefined {
  const [path = '', member] = onMessage.split('#');
  const found: Found[] = [];
  for (const item of inspection.exports) {
    for (const candidate of item.functions) {
      if (matches(item, candidate, onMessage, path, member)) found.push({ item, candidate });
    }
  }
  return (
    found.find(({ item }) => formatInterfaceName(item) === path) ??
    found.find(({ candidate }) => candidate.handler) ??
    found[0]
  );
}

/** Whether the component exports something under the name that a binding's `on_message` gives, whatever its type. */
export function exportsNamed(inspection: Inspection, onMessage: string): boolean {
  return find(inspection, onMessage) !== undefined;
}

/** How a type differs from a handler's. Types are told apart by what they are made of, so names may be the same. */
function foundType({ type, structure }: InspectedFunction): string {
  return type.replace(/^async /, '') === HANDLER_TYPE ? structure : type;
}

function matches(
  item: InspectedItem,
  candidate: InspectedFunction,
  onMessage: string,
  path: string,
  member: string | undefined,
): boolean {
  if (onMessage === DEFAULT_HANDLER) return isDefaultHandler(item) && candidate.name === 'on-message';
  if (member === undefined) return item.kind === 'function' && item.name === onMessage.replaceAll('_', '-');
  const wanted = parseInterfaceName(path);
  const versionFits = wanted.version === undefined || isCompatible(item.version ?? wanted.version, wanted.version);
  return item.kind === 'interface' && item.name === wanted.name && versionFits && candidate.name === member;
}

/**
 * Finds the export that a binding's `on_message` names: `on_message` is `wasi:pubsub/data-on-message`, another bare
 * name a function of the world (snake or kebab case), and `acme:shop/orders#on-order` a function of an interface.
 * @throws {HostError} ERR_COMPONENT_EXPORT where it is not exported (the error lists exports) or is not a handler
 * (the error prints the type found).
 */
export function resolveHandler(inspection: Inspection, onMessage: string): HandlerExport {
  const found = find(inspection, onMessage);
  if (found === undefined) {
    const meaning = onMessage === DEFAULT_HANDLER ? ' (that is wasi:pubsub/data-on-message@0.1.0)' : '';
    const text = `the component does not export the handler "${onMessage}"${meaning}; ${listExports(inspection)}`;
    throw new HostError('ERR_COMPONENT_EXPORT', text);
  }
  const { item, candidate } = found;
  if (!candidate.handler) {
    const text = `the export "${onMessage}" is no message handler: expected ${HANDLER_TYPE} with the types of wasi:pubsub/types, found ${foundType(candidate)}`;
    throw new HostError('ERR_COMPONENT_EXPORT', text);
  }
  return { interface: item.kind === 'interface' ? formatInterfaceName(item) : undefined, function: candidate.name };
}

/** Versions of `wasi:cli/run` that are run: `run: func() -> result`, which is async from 0.3 on. */
const RUN_VERSIONS = /^0\.[23]\./;

/**
 * The command that a component exports; undefined where it exports none.
 * @throws {HostError} ERR_COMPONENT_EXPORT where it is a version that the host does not run.
 */
export function resolveCommand(inspection: Inspection): HandlerExport | undefined {
  const runs = inspection.exports.filter(({ kind, name }) => kind === 'interface' && name === 'wasi:cli/run');
  const found = runs.find(({ version }) => version === undefined || RUN_VERSIONS.test(version));
  if (found !== undefined) return { interface: formatInterfaceName(found), function: 'run' };
  if (runs.length === 0) return undefined;
  const text = `the component exports ${runs.map(formatInterfaceName).join(', ')}: this host runs wasi:cli/run of 0.2 and 0.3`;
  throw new HostError('ERR_COMPONENT_EXPORT', text);
}
