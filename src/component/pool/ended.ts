import { cellOf, isAbout, isByMessage } from '../exchange/exchange.ts';
import type { Ring } from '../exchange/ring.ts';
import type { Held } from './held.ts';
import type { HeldCalls } from './held-calls.ts';

/** Tells `end` of the calls that have ended well, in order, up to one whose result comes by message. Whether any has. */
export function takeEnded(results: Ring, calls: HeldCalls, end: (held: Held) => void): boolean {
  let hasAny = false;
  for (let entry = results.next; entry !== undefined && !isByMessage(entry); entry = results.next) {
    results.pass();
    hasAny = true;
    const held = calls.at(cellOf(entry));
    // It may have been settled meanwhile, and its cell be another's.
    if (held !== undefined && isAbout(entry, held.id)) end(held);
  }
  return hasAny;
}
