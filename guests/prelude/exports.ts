/** The class of functions that are declared `async`. */
const AsyncFunction = (async () => {}).constructor;

/** Which functions the world asks for: by name, or as the members of an object. */
type Wanted = Readonly<Record<string, readonly string[] | 'function'>>;

function check(value: unknown, name: string): void {
  if (typeof value !== 'function')
    throw new Error(`${name} is not exported: the world asks for a function of that name`);
  if (!(value instanceof AsyncFunction)) return;
  throw new Error(`${name} must not be async: it would count as done before it is; imports wait by themselves`);
}

/** Throws, while the component is made, where the entry module lacks a handler or has one that cannot work. */
export function checkExports(found: Readonly<Record<string, unknown>>, wanted: Wanted): void {
  for (const [name, members] of Object.entries(wanted)) {
    const value = found[name];
    if (members === 'function') check(value, name);
    else
      for (const member of members)
        check((value as Record<string, unknown> | undefined)?.[member], `${name}.${member}`);
  }
}
