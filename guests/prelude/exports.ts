/** The class of functions that are declared `async`. */
const AsyncFunction = (async () => {}).constructor;

/** A function that the world asks for: its name, or that of an object and its own. */
interface Wanted {
  readonly path: readonly string[];
  readonly async: boolean;
}

/** Throws, while the component is made, where the entry module lacks a handler or has one that cannot work. */
export function checkExports(found: object, wanted: readonly Wanted[]): void {
  for (const { path, async } of wanted) {
    const value = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], found);
    const name = path.join('.');
    if (typeof value !== 'function')
      throw new Error(`${name} is not exported: the world asks for a function of that name`);
    if (!async && value instanceof AsyncFunction)
      throw new Error(`${name} must not be async: it would count as done before it is; imports wait by themselves`);
  }
}
