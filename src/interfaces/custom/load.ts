import { messageOf } from '../../errors.ts';
import type { GuestContext, InterfaceLink, LinkedFunction } from '../../guest.ts';
import { fault, typedError, typedOrFault } from './errors.ts';

type Functions = Record<string, unknown>;
type AnyFunction = (...args: unknown[]) => unknown;

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** A module's function, whose errors are typed ones or traps. */
function inModule(path: string, linked: LinkedFunction, original: AnyFunction): AnyFunction {
  return (...args) => {
    let value: unknown;
    try {
      value = original(...args);
    } catch (thrown) {
      const typed = typedError(thrown);
      throw typed === undefined
        ? fault(path, linked, `threw: ${messageOf(thrown)}`)
        : typedOrFault(path, linked, typed.payload);
    }
    if (!isThenable(value)) return value;
    // Its rejection would end the worker.
    value.then(undefined, () => {});
    throw fault(path, linked, 'returned a promise: what waits belongs into "functions", not into a module');
  };
}

/** A function that is called on the main thread. */
function byMessage(link: InterfaceLink, linked: LinkedFunction, context: GuestContext): AnyFunction {
  const { key, import: path } = link;
  return async (...args) => {
    const reply = await context.invoke({ key, function: linked.js, args });
    if (reply.kind === 'ok') return reply.value;
    throw reply.kind === 'err' ? typedOrFault(path, linked, reply.payload) : fault(path, linked, reply.message);
  };
}

function linkAll({ functions }: InterfaceLink, make: (linked: LinkedFunction) => AnyFunction): Functions {
  return Object.fromEntries(functions.map((linked) => [linked.js, make(linked)]));
}

async function loadModule(link: InterfaceLink, url: string): Promise<Functions> {
  const module: Record<string, unknown> = await import(url);
  return linkAll(link, (linked) => inModule(link.import, linked, module[linked.js] as AnyFunction));
}

/**
 * Worker: imports the modules of links, once for all instances, and makes what each instance links to, keyed by the
 * import's whole name.
 * @throws what a module throws while it loads.
 */
export async function loadLinks(
  links: readonly InterfaceLink[],
): Promise<(context: GuestContext) => Record<string, Functions>> {
  const modules: Record<string, Functions> = {};
  for (const link of links) if (link.module !== undefined) modules[link.import] = await loadModule(link, link.module);
  const called = links.filter(({ module }) => module === undefined);
  return (context) => ({
    ...modules,
    ...Object.fromEntries(
      called.map((link) => [link.import, linkAll(link, (linked) => byMessage(link, linked, context))]),
    ),
  });
}
