/** Why a value is refused. */
export interface Refusal {
  /** What it had to be, in words. */
  readonly expected: string;
  readonly hint?: string | undefined;
  /** Which element of the list it is about. */
  readonly element?: number | undefined;
}

export type Outcome<T> = { readonly data: T } | { readonly refusals: readonly Refusal[] };

/** What a key's value may be. */
export interface ValueType<T> {
  read(value: unknown): Outcome<T>;
  /** What it may be, where that is one of several. */
  readonly choices?: readonly unknown[];
}

export type ValueOf<V> = V extends ValueType<infer T> ? T : never;

/** A value that `accept` takes, as it is read; undefined from `accept` means that it is not what `expected` says. */
export function valueType<T>(
  expected: string,
  accept: (value: unknown) => T | undefined,
  hintFor?: (value: unknown) => string | undefined,
): ValueType<T> {
  return {
    read(value) {
      const data = accept(value);
      return data === undefined ? { refusals: [{ expected, hint: hintFor?.(value) }] } : { data };
    },
  };
}

/** The values of `type` for which `holds`. */
export function narrowed<T>(type: ValueType<T>, expected: string, holds: (data: T) => boolean): ValueType<T> {
  return {
    read(value) {
      const outcome = type.read(value);
      return 'refusals' in outcome || holds(outcome.data) ? outcome : { refusals: [{ expected }] };
    },
  };
}

export function oneOf<const T>(choices: readonly T[], expected: string): ValueType<T> {
  return { ...valueType(expected, (value) => choices.find((choice) => choice === value)), choices };
}

function readAll<T>(element: ValueType<T>, values: readonly unknown[]): Outcome<T[]> {
  const data: T[] = [];
  const refusals: Refusal[] = [];
  for (const [index, value] of values.entries()) {
    const outcome = element.read(value);
    if ('data' in outcome) data.push(outcome.data);
    else for (const refusal of outcome.refusals) refusals.push({ ...refusal, element: index });
  }
  return refusals.length === 0 ? { data } : { refusals };
}

export function listOf<T>(element: ValueType<T>, expected: string): ValueType<T[]> {
  return { read: (value) => (Array.isArray(value) ? readAll(element, value) : { refusals: [{ expected }] }) };
}

/** A list, or its only element. */
export function oneOrMore<T>(element: ValueType<T>): ValueType<T[]> {
  return { read: (value) => readAll(element, Array.isArray(value) ? value : [value]) };
}
