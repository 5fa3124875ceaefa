const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;
const SIZE = /^(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

function measure(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  const [, amount, unit] = pattern.exec(text.trim()) ?? [];
  const factor = units[unit ?? ''];
  if (amount === undefined || factor === undefined) return undefined;
  const value = Math.round(Number(amount) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Milliseconds of `"250ms" "30s" "5m" "12h" "7d"`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  return measure(text, DURATION, MILLISECONDS);
}

/** Bytes of `"512B" "64KiB" "32MiB" "1GiB"`, or of the decimal `"1MB"`; undefined when it is none. */
export function parseSize(text: string): number | undefined {
  return measure(text, SIZE, BYTES);
}

/** The largest of `units` that divides `value` exactly. */
function inUnits(value: number, units: readonly string[], factors: Readonly<Record<string, number>>): string {
  const [smallest = ''] = units;
  if (value === 0) return `0${smallest}`;
  const unit = units.findLast((name) => value % (factors[name] ?? 1) === 0) ?? smallest;
  return `${value / (factors[unit] ?? 1)}${unit}`;
}

/** Of milliseconds, as the configuration would have it. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  return inUnits(milliseconds, ['ms', 's', 'm', 'h', 'd'], MILLISECONDS);
}

/** Of bytes, as the configuration would have it. */
export function formatSize(bytes: number): string {
  return inUnits(bytes, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], BYTES);
}
