import { HostError } from '../../errors.ts';
import { counted } from '../../words.ts';
import type { Holding } from './holdings.ts';

export interface Configured {
  /** Names of the bindings that subscribe. */
  readonly bindings: readonly string[];
  /** Keys of the publisher sessions. */
  readonly publishers: readonly string[];
  /** The TOML file, for the error; undefined where there is none. */
  readonly file: string | undefined;
  /** The folder, where it was named on the command line. */
  readonly stateDir?: string | undefined;
}

function held(holding: Holding, { bindings, publishers }: Configured): string | undefined {
  if (holding.kind === 'binding') {
    if (holding.spilled === 0 || bindings.includes(holding.name)) return undefined;
    return `${counted(holding.spilled, 'message')} for binding "${holding.name}"`;
  }
  if (holding.unsent === 0 || publishers.includes(holding.key)) return undefined;
  return `${counted(holding.unsent, 'unsent publish', 'unsent publishes')} of "${holding.name}" for ${holding.broker}`;
}

/**
 * Messages and publishes that the config has no binding or broker for would stay in the journal for ever, unseen
 * (DELIVERY, "Identity").
 * @throws {HostError} ERR_STATE_HELD, naming `host state forget`
 */
export function assertNothingHeld(holdings: readonly Holding[], configured: Configured): void {
  const found = holdings.flatMap((holding) => held(holding, configured) ?? []);
  if (found.length === 0) return;
  const { stateDir } = configured;
  const file = configured.file ?? 'the configuration';
  // The command line reads files alone.
  const named = configured.file ?? 'FILE (the configuration as TOML)';
  const command = `host state forget ${named}${stateDir === undefined ? '' : ` --state-dir ${stateDir}`}`;
  const text =
    `the journal holds ${found.join(' and ')}, which ${file} has no more: put the binding back to have it delivered, ` +
    `or give it up with "${command}", which deletes it and says how many`;
  throw new HostError('ERR_STATE_HELD', text);
}
