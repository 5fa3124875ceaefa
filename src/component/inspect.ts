import { HostError, messageOf } from '../errors.ts';
import { type DecodedComponent, decodeComponent, kindOf } from './binary/decode.ts';
import { mentions } from './binary/mentions.ts';
import { type Extern, type FunctionType, type InstanceType, printFunction } from './binary/types.ts';
import { isHandlerType } from './handler-type.ts';
import { formatInterfaceName, isCompatible, parseInterfaceName } from './versions.ts';

export interface InspectedFunction {
  /** Its WIT name, as `on-message` or `[method]pollable.block`. */
  readonly name: string;
  /** As WIT writes it: `func(message: event) -> result<_, error>`; made when it is read, and cut short. */
  readonly type: string;
  /** The same with what its named types are made of: for one that looks right and is not. */
  readonly structure: string;
  readonly async: boolean;
  /** Its type is a `result`. */
  readonly fallible: boolean;
  /** It passes nothing but data: no resources, streams or futures; found out when it is read. */
  readonly plain: boolean;
  /** `func(message: event) -> result<_, error>`, async or not. */
  readonly handler: boolean;
}

/** An imported or exported interface, or the world-level function, type or other item of that name. */
export interface InspectedItem {
  readonly kind: 'interface' | 'function' | 'type' | 'other';
  /** Without a version. */
  readonly name: string;
  readonly version: string | undefined;
  /** Of an interface all; of a function itself. */
  readonly functions: readonly InspectedFunction[];
  /** Names of resources. */
  readonly resources: readonly string[];
}

/** What a component asks for and offers, read from its bytes alone. */
export interface Inspection {
  readonly imports: readonly InspectedItem[];
  readonly exports: readonly InspectedItem[];
  /** What `on_message` may name: `on_message`, `on_order`, `acme:shop/orders#on-order`. */
  readonly handlers: readonly string[];
  readonly exportsRun: boolean;
  readonly importsReceive: boolean;
  readonly importsStream: boolean;
  /** Imports `host:pubsub/delivery`: calls of one instance must not overlap. */
  readonly importsDelivery: boolean;
  /** Uses the component model's own async functions, streams or futures. */
  readonly usesAsync: boolean;
  /** Every name outside of core modules, for the guard. */
  readonly names: ReadonlySet<string>;
}

export const DEFAULT_HANDLER = 'on_message';
export const DEFAULT_HANDLER_INTERFACE = { name: 'wasi:pubsub/data-on-message', version: '0.1.0' } as const;

/** Functions of all imports and exports together. One instance type may stand for many, so bytes are no bound. */
const MAX_FUNCTIONS = 100_000;

function inspectFunction(name: string, type: FunctionType): InspectedFunction {
  return {
    name,
    get type() {
      return printFunction(type);
    },
    get structure() {
      return printFunction(type, { expanded: true });
    },
    async: type.async,
    fallible: type.result?.kind === 'applied' && type.result.word === 'result',
    get plain() {
      return !mentions([type], ['stream', 'future', 'own', 'borrow']);
    },
    handler: isHandlerType(type),
  };
}

type Members = Pick<InspectedItem, 'functions' | 'resources'>;

function inspectMembers(type: InstanceType): Members {
  const functions: InspectedFunction[] = [];
  const resources: string[] = [];
  for (const [member, inner] of type.exports) {
    if (inner.sort === 'function') functions.push(inspectFunction(member, inner.type));
    else if (inner.sort === 'type' && inner.type.kind === 'resource') resources.push(member);
  }
  return { functions, resources };
}

/** What is known of instance types already, for many items may share one. */
type Known = Map<InstanceType, Members>;

function inspectItem(text: string, extern: Extern, known: Known): InspectedItem {
  const { name, version } = parseInterfaceName(text);
  const item = { name, version, functions: [], resources: [] };
  if (extern.sort === 'function') return { ...item, kind: 'function', functions: [inspectFunction(name, extern.type)] };
  if (extern.sort === 'type') return { ...item, kind: 'type' };
  if (extern.sort !== 'instance') return { ...item, kind: 'other' };
  const members = known.get(extern.type) ?? inspectMembers(extern.type);
  known.set(extern.type, members);
  return { ...item, kind: 'interface', ...members };
}

function* functionTypes(externs: Iterable<Extern>): Iterable<FunctionType> {
  const seen = new Set<InstanceType>();
  for (const extern of externs) {
    if (extern.sort === 'function') yield extern.type;
    if (extern.sort !== 'instance' || seen.has(extern.type)) continue;
    seen.add(extern.type);
    for (const inner of extern.type.exports.values()) if (inner.sort === 'function') yield inner.type;
  }
}

function usesAsync(types: readonly FunctionType[]): boolean {
  return types.some((type) => type.async) || mentions(types, ['stream', 'future']);
}

function checkSize(items: readonly InspectedItem[], source: string): void {
  const count = items.reduce((sum, { functions }) => sum + functions.length, 0);
  if (count <= MAX_FUNCTIONS) return;
  const text = `${source} is refused: it imports and exports ${count} functions, and at most ${MAX_FUNCTIONS} are supported`;
  throw new HostError('ERR_COMPONENT_UNSAFE', text);
}

/** `on_message` means the interface, so a function of the world of that name keeps its WIT spelling. */
function worldHandlerName(name: string): string {
  const snake = name.replaceAll('-', '_');
  return snake === DEFAULT_HANDLER ? name : snake;
}

function handlerNames(exports: readonly InspectedItem[]): string[] {
  const names: string[] = [];
  for (const item of exports) {
    for (const candidate of item.functions) {
      if (!candidate.handler) continue;
      if (item.kind === 'function') names.push(worldHandlerName(item.name));
      else if (isDefaultHandler(item) && candidate.name === 'on-message') names.unshift(DEFAULT_HANDLER);
      else names.push(`${formatInterfaceName(item)}#${candidate.name}`);
    }
  }
  return names;
}

/** Whether an export is `wasi:pubsub/data-on-message` in a version that the host calls. */
export function isDefaultHandler(item: InspectedItem): boolean {
  const { name, version } = DEFAULT_HANDLER_INTERFACE;
  return item.kind === 'interface' && item.name === name && isCompatible(version, item.version);
}

function decode(bytes: Uint8Array, source: string): DecodedComponent {
  const kind = kindOf(bytes);
  if (kind === 'module') {
    const hint = 'make a component of it with "wasm-tools component new", or build for a target such as wasm32-wasip2';
    throw new HostError('ERR_COMPONENT_INVALID', `${source} is a core WebAssembly module, not a component: ${hint}`);
  }
  if (kind === 'other')
    throw new HostError('ERR_COMPONENT_INVALID', `${source} is not a WebAssembly component (it does not start as one)`);
  try {
    return decodeComponent(bytes);
  } catch (cause) {
    const text = `${source} cannot be read as a WebAssembly component: ${messageOf(cause)}`;
    throw new HostError('ERR_COMPONENT_INVALID', text, { cause });
  }
}

/**
 * Reads what a component imports and exports.
 * @param options.source how errors name the component, as its path.
 * @throws {HostError} ERR_COMPONENT_INVALID where it is no component, or a damaged one, ERR_COMPONENT_UNSAFE where
 * it has more functions than any real one.
 */
export function inspectComponent(bytes: Uint8Array, options: { readonly source: string }): Inspection {
  const { type, names } = decode(bytes, options.source);
  const known: Known = new Map();
  const imports = [...type.imports].map(([name, extern]) => inspectItem(name, extern, known));
  const exports = [...type.exports].map(([name, extern]) => inspectItem(name, extern, known));
  checkSize([...imports, ...exports], options.source);
  const importsFrom = (name: string) => imports.filter((item) => item.name === name).flatMap((item) => item.functions);
  const basic = importsFrom('wasi:pubsub/data-basic').map(({ name }) => name);
  return {
    imports,
    exports,
    handlers: handlerNames(exports),
    exportsRun: exports.some((item) => item.name === 'wasi:cli/run'),
    importsReceive: basic.includes('receive'),
    importsStream: basic.includes('stream'),
    importsDelivery: importsFrom('host:pubsub/delivery').length > 0,
    usesAsync: usesAsync([...functionTypes([...type.imports.values(), ...type.exports.values()])]),
    names,
  };
}
