import { counted, type Holding } from '../src/cli.ts';
import { listed } from './words.ts';

/** How many of what are held, in words that say what each means for its messages. */
function partsOf(holding: Holding): readonly (readonly [count: number, words: string])[] {
  if (holding.kind === 'publisher') {
    const { unsent, parked } = holding;
    return [
      [unsent, counted(unsent, 'unsent publish', 'unsent publishes')],
      [parked, counted(parked, 'parked publish', 'parked publishes')],
    ];
  }
  const { spilled, deadLetters, markers, attempts, handled } = holding;
  return [
    [spilled, `${counted(spilled, 'spilled message')} (not handled yet)`],
    [deadLetters, counted(deadLetters, 'dead letter')],
    [markers, `${counted(markers, 'marker')} (handled, PUBREL not seen yet)`],
    [attempts, `the failed attempts of ${counted(attempts, 'message')}`],
    [handled, `${counted(handled, 'handled id')} (dedup)`],
  ];
}

/** True where nothing is held. */
export function isEmpty(holding: Holding): boolean {
  return partsOf(holding).every(([count]) => count === 0);
}

export function heldText(holding: Holding): string {
  const words = partsOf(holding).flatMap(([count, text]) => (count === 0 ? [] : [text]));
  return words.length === 0 ? 'nothing' : listed(words, 'and');
}

export function ownerText(holding: Holding): string {
  if (holding.kind === 'binding') return `binding "${holding.name}"`;
  return `publisher session "${holding.name}" at ${holding.broker}`;
}
