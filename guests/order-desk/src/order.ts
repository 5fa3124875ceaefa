import { isCount, isOrderNumber, parseObject } from './json.ts';

export interface Item {
  readonly sku: string;
  readonly quantity: number;
  /** Price of one. */
  readonly cents: number;
}

export interface Order {
  readonly order: string;
  readonly items: readonly Item[];
}

function isItem(value: unknown): value is Item {
  if (typeof value !== 'object' || value === null) return false;
  const { sku, quantity, cents } = value as Partial<Record<keyof Item, unknown>>;
  return typeof sku === 'string' && isCount(quantity) && quantity > 0 && isCount(cents);
}

/** An order such as `{"order": "17", "items": [{"sku": "pen", "quantity": 2, "cents": 150}]}`, or undefined. */
export function parseOrder(data: Uint8Array): Order | undefined {
  const { order, items } = parseObject(data) ?? {};
  if (!isOrderNumber(order) || !Array.isArray(items) || items.length === 0 || !items.every(isItem)) return undefined;
  return { order, items };
}

/** In cents. */
export function totalOf({ items }: Order): number {
  return items.reduce((sum, { quantity, cents }) => sum + quantity * cents, 0);
}

export function amountOf(cents: number): string {
  return (cents / 100).toFixed(2);
}
