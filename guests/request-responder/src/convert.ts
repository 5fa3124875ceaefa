/** How a unit's values become those of its quantity's base unit: times `factor`, plus `offset`. */
interface Unit {
  readonly quantity: 'length' | 'mass' | 'temperature';
  readonly factor: number;
  readonly offset?: number;
}

const UNITS = new Map<string, Unit>([
  ['m', { quantity: 'length', factor: 1 }],
  ['km', { quantity: 'length', factor: 1000 }],
  ['ft', { quantity: 'length', factor: 0.3048 }],
  ['mi', { quantity: 'length', factor: 1609.344 }],
  ['kg', { quantity: 'mass', factor: 1 }],
  ['g', { quantity: 'mass', factor: 0.001 }],
  ['lb', { quantity: 'mass', factor: 0.45359237 }],
  ['K', { quantity: 'temperature', factor: 1 }],
  ['C', { quantity: 'temperature', factor: 1, offset: 273.15 }],
  ['F', { quantity: 'temperature', factor: 5 / 9, offset: 459.67 * (5 / 9) }],
]);

/** As many digits as a measurement can mean. */
const DIGITS = 10;

/** @throws Error whose message tells the requester what is wrong. */
export function convert(value: number, from: string, to: string): number {
  const [source, target] = [unitOf(from), unitOf(to)];
  if (source.quantity !== target.quantity)
    throw new Error(`"${from}" is a unit of ${source.quantity}, "${to}" one of ${target.quantity}`);
  const base = value * source.factor + (source.offset ?? 0);
  const converted = Number(((base - (target.offset ?? 0)) / target.factor).toPrecision(DIGITS));
  if (!Number.isFinite(converted)) throw new Error(`${value} ${from} is too much to be told in ${to}`);
  return converted;
}

function unitOf(name: string): Unit {
  const unit = UNITS.get(name);
  if (unit === undefined)
    throw new Error(`"${name}" is no known unit: expected one of ${[...UNITS.keys()].join(', ')}`);
  return unit;
}
