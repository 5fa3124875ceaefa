/** What each value, and each place for one, is taken to cost beside its bytes. */
const OVERHEAD = 16;

function parts(value: object): readonly unknown[] {
  return Array.isArray(value) ? value : Object.values(value);
}

/**
 * About how many bytes values that generated code made take up in another thread, where at most `limit` is of interest:
 * counting ends above it. Without recursion, as WIT types may be nested without limit; they have no cycles.
 */
export function sizeOf(values: readonly unknown[], limit: number): number {
  let size = values.length * OVERHEAD;
  const open: unknown[] = [...values];
  while (open.length > 0 && size <= limit) {
    const value = open.pop();
    if (typeof value === 'string') size += value.length;
    else if (ArrayBuffer.isView(value)) size += value.byteLength;
    else if (typeof value === 'object' && value !== null) {
      const inner = parts(value);
      size += (1 + inner.length) * OVERHEAD;
      // More would be looked at in vain, and may be too many for a list of their own.
      if (size <= limit)
        for (const part of inner) if (typeof part === 'string' || typeof part === 'object') open.push(part);
    }
  }
  return size;
}
