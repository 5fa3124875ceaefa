import { isCount, isOrderNumber, parseObject } from './json.ts';

export interface Payment {
  readonly order: string;
  /** What the invoice said. */
  readonly dueCents: number;
  readonly paidCents: number;
}

/** A payment such as `{"order": "17", "dueCents": 300, "paidCents": 300}`, or undefined. */
export function parsePayment(data: Uint8Array): Payment | undefined {
  const { order, dueCents, paidCents } = parseObject(data) ?? {};
  return isOrderNumber(order) && isCount(dueCents) && isCount(paidCents) ? { order, dueCents, paidCents } : undefined;
}
