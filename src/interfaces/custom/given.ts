import { HostError, messageOf } from '../../errors.ts';
import type {
  CallContext,
  CustomFunction,
  CustomInterface,
  GivenInterface,
  GuestInvoke,
  InvokeReply,
  ProvidedInterface,
} from '../../guest.ts';
import { typedError } from './errors.ts';

/** `namespace:package/interface`, with or without a version [WIT, interface names]. */
const NAME = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*(@\d[0-9a-z.+-]*)?$/i;
/** Packages of the host's own contract, which may grow. */
const RESERVED = ['wasi:pubsub/', 'host:'];

/** By key, then by name. A map, for names come from the guest's side. */
export type GivenFunctions = ReadonlyMap<string, ReadonlyMap<string, CustomFunction>>;

export interface GivenInterfaces {
  readonly given: readonly GivenInterface[];
  readonly functions: GivenFunctions;
}

function invalid(key: string, text: string): HostError {
  return new HostError('ERR_INTERFACE_INVALID', `interfaces: "${key}" ${text}`);
}

function moduleUrl(key: string, module: URL | string): string {
  const text = String(module);
  if (URL.canParse(text)) return text;
  throw invalid(key, `has the module "${text}": expected a whole URL, as new URL('./sha.js', import.meta.url)`);
}

function functionsOf(key: string, functions: Readonly<Record<string, unknown>>): Map<string, CustomFunction> {
  const entries = Object.entries(functions);
  for (const [name, value] of entries)
    if (typeof value !== 'function') throw invalid(key, `has a "${name}" that is no function`);
  return new Map(entries as [string, CustomFunction][]);
}

function checkName(key: string, name: string, provided: readonly ProvidedInterface[]): void {
  if (!NAME.test(key)) throw invalid(key, 'is no interface: expected a name such as "acme:clock/time@1.0.0"');
  if (RESERVED.some((start) => name.startsWith(start)) || provided.some((own) => own.name === name))
    throw invalid(key, 'is provided by the host itself and cannot be replaced: use a name of your own');
}

function sourceOf(key: string, given: unknown): { readonly functions?: unknown; readonly module?: unknown } {
  const source = typeof given === 'object' && given !== null ? given : {};
  if ('functions' in source !== 'module' in source) return source;
  throw invalid(key, 'needs exactly one of "functions" and "module"');
}

/**
 * Checks interfaces as the library's user gives them, by name.
 * @param provided what the host provides itself.
 * @throws {HostError} ERR_INTERFACE_INVALID
 */
export function readInterfaces(
  interfaces: Readonly<Record<string, CustomInterface>>,
  provided: readonly ProvidedInterface[],
): GivenInterfaces {
  const functions = new Map<string, Map<string, CustomFunction>>();
  const given = Object.entries(interfaces).map(([key, value]): GivenInterface => {
    const [name = '', version] = key.split('@');
    checkName(key, name, provided);
    const source = sourceOf(key, value);
    if ('module' in source)
      return { key, name, version, source: { module: moduleUrl(key, source.module as URL | string) } };
    if (typeof source.functions !== 'object' || source.functions === null)
      throw invalid(key, 'has "functions" that is no object of functions');
    const own = functionsOf(key, source.functions as Record<string, unknown>);
    functions.set(key, own);
    return { key, name, version, source: { functions: [...own.keys()] } };
  });
  return { given, functions };
}

async function replyOf(called: CustomFunction, args: readonly unknown[], context: CallContext): Promise<InvokeReply> {
  try {
    return { kind: 'ok', value: await Reflect.apply(called, undefined, [...args, context]) };
  } catch (thrown) {
    const typed = typedError(thrown);
    return typed === undefined
      ? { kind: 'fault', message: `threw: ${messageOf(thrown)}` }
      : { kind: 'err', payload: typed.payload };
  }
}

/** What calls the functions that were given, for guests. */
export function createInvoke(functions: GivenFunctions): GuestInvoke {
  return async ({ key, function: name, args }, context) => {
    const called = functions.get(key)?.get(name);
    return called === undefined
      ? { kind: 'fault', message: 'was not given' }
      : replyOf(called as CustomFunction, args, context);
  };
}
