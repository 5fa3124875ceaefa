const NAMES = 10;
const LENGTH = 300;

/** Joins names for an error, the first ten of them: a component may have as many and as long ones as it likes. */
export function listNames(names: readonly string[], separator: string): string {
  const shown = names.slice(0, NAMES).map((name) => (name.length > LENGTH ? `${name.slice(0, LENGTH)}…` : name));
  const text = shown.join(separator);
  return names.length > NAMES ? `${text} and ${names.length - NAMES} more` : text;
}
