import type { FunctionType, ValueType } from './types.ts';

function partsOf(type: ValueType): readonly (ValueType | undefined)[] | readonly { type: ValueType | undefined }[] {
  switch (type.kind) {
    case 'record':
      return type.fields;
    case 'variant':
      return type.cases;
    case 'applied':
      return type.of;
    default:
      return [];
  }
}

function isType(part: ValueType | { type: ValueType | undefined }): part is ValueType {
  return 'kind' in part;
}

/** A constructor of types that ties a value to the instance it comes from. */
export type TiedWord = 'stream' | 'future' | 'own' | 'borrow';

/**
 * Whether any of the functions passes something made with one of `words`. Types share their parts: each list of parts
 * is looked at once, whatever stands for it, and without recursion, as types may be nested without limit.
 */
export function mentions(functions: Iterable<FunctionType>, words: readonly TiedWord[]): boolean {
  const seen = new Set<object>();
  const open: ValueType[] = [];
  const push = (part: ValueType | { type: ValueType | undefined } | undefined) => {
    const type = part === undefined || isType(part) ? part : part.type;
    if (type !== undefined && type.kind !== 'primitive') open.push(type);
  };
  for (const type of functions) {
    if (seen.has(type)) continue;
    seen.add(type);
    type.params.forEach(push);
    push(type.result);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.kind === 'applied' && (words as readonly string[]).includes(next.word)) return true;
      const parts = partsOf(next);
      if (seen.has(parts)) continue;
      seen.add(parts);
      parts.forEach(push);
    }
  }
  return false;
}
