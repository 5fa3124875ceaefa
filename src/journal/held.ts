import { HostError } from '../errors.ts';
import type { Holding } from './holdings.ts';

export interface Configured {
  /** Names of the bindings that subscribe. */
  readonly bindings: readonly string[];
  /** Keys of the publisher sessions. */
  readonly publishers: readonly string[];
  /** The TOML file, for the error. */
  readonly file: string;
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

function held(holding: Holding, { bindings, publishers }: Configured): string | undefined {
  if (holding.kind === 'binding') {
    if (holding.spilled === 0 || bindings.includes(holding.name)) return undefined;
    return `${plural(holding.spilled, 'message')} for binding "${holding.name}"`;
  }
  if (holding.unsent === 0 || publishers.includes(holding.key)) return undefined;
  return `${plural(holding.unsent, 'unsent publish').replace('publishs', 'publishes')} of "${holding.name}" for ${holding.broker}`;
}

/**
 * Messages and publishes that the config has no binding or broker for would stay in the journal for ever, unseen
 * (DELIVERY, "Identity").
 * @throws {HostError} ERR_STATE_HELD, naming `host state forget`
 */
export function assertNothingHeld(holdings: readonly Holding[], configured: Configured): void {
  const found = holdings.flatMap((holding) => held(holding, configured) ?? []);
  if (found.length === 0) return;
  const { file } = configured;
  const text =
    `the journal holds ${found.join(' and ')}, which ${file} has no more: put the binding back to have it delivered, ` +
    `or give it up with "host state forget ${file}", which deletes it and says how many`;
  throw new HostError('ERR_STATE_HELD', text);
}
