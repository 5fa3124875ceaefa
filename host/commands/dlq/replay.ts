import { type ListedDeadLetter, type Requested, replayDeadLetters } from '../../../src/cli.ts';
import { type OpenApp, withApp } from '../../app.ts';
import type { CommandLine } from '../../arguments.ts';
import { EXIT } from '../../exit.ts';
import { type InUse, inUse } from '../../in-use.ts';
import { chosen, sayNone, sayUnknown, select } from '../../letters.ts';
import { print, say } from '../../output.ts';
import { printableLine } from '../../printable.ts';
import { numbered } from '../../words.ts';

/** Ids in a command that is there to be copied. */
const MOST_NAMED = 8;

type Letters = readonly ListedDeadLetter[];

interface Plan {
  readonly stateDir: string;
  readonly letters: Letters;
  readonly unknown: readonly number[];
  /** Letters that have nowhere to go, by the reason. */
  readonly refused: ReadonlyMap<string, Letters>;
}

/** Why a message cannot be handed to its binding again. */
function obstacleOf({ binding }: ListedDeadLetter, { config }: OpenApp, used: InUse): string | undefined {
  const names = config.bindings.filter(({ kind }) => kind !== 'publish-only').map(({ name }) => `"${name}"`);
  const there =
    names.length === 0 ? 'no binding there subscribes' : `bindings that subscribe there: ${names.join(', ')}`;
  if (!used.binding(binding)) return `binding "${binding}" is gone from ${config.file} (${there})`;
  if (names.includes(`"${binding}"`)) return undefined;
  return `binding "${binding}" of ${config.file} only publishes now (${there})`;
}

function planOf(app: OpenApp, ids: readonly number[] | 'all', binding: string | undefined): Plan {
  const { config, journal } = app;
  const used = inUse(config, journal);
  const publishers = new Set(
    journal.publishers().flatMap(({ key, clientId }) => (used.publisher(key) ? clientId : [])),
  );
  const reasonOf = (letter: ListedDeadLetter) => {
    if (letter.kind === 'message') return obstacleOf(letter, app, used);
    if (publishers.has(letter.publisher)) return undefined;
    return `no binding of ${config.file} has publisher session "${letter.publisher}" (its broker or credentials) any more`;
  };
  const { letters, unknown } = select(app, ids, binding);
  const byReason = Map.groupBy(letters, reasonOf);
  const possible = byReason.get(undefined) ?? [];
  const refused = new Map([...byReason].flatMap(([reason, some]) => (reason === undefined ? [] : [[reason, some]])));
  return { stateDir: config.stateDir, letters: possible, unknown, refused };
}

function caution({ parked, qos }: ListedDeadLetter): string {
  if (!parked) return '';
  const twice = 'it may have been delivered before, and is sent with DUP';
  if (qos < 2) return `; ${twice}, so it may arrive twice`;
  return `; ${twice} under its old packet id: a broker that holds its first half delivers it once, any other may deliver it twice`;
}

function done(letter: ListedDeadLetter, applied: Requested['applied']): string {
  const { id, kind, binding, publisher } = letter;
  const way = kind === 'message' ? `to binding "${binding}"` : `through publisher session "${publisher}"`;
  const verb = kind === 'message' ? 'hands it' : 'sends it';
  if (applied === 'queued')
    return `dead letter ${id} is queued: the running app ${verb} ${way} again${caution(letter)}`;
  return `dead letter ${id} goes ${way} again when the app starts${caution(letter)}`;
}

function sayRefused(refused: Plan['refused'], file: string): void {
  for (const [reason, letters] of refused) {
    const ids = letters.map(({ id }) => id);
    const named = ids.length <= MOST_NAMED ? ids.join(' ') : '<id…>';
    const mend = `put that back, or delete ${ids.length === 1 ? 'it' : 'them'} with "host dlq purge ${file} ${named}"`;
    say(`host: ${numbered('dead letter', ids)} cannot be replayed: ${reason}; ${mend}`);
  }
}

/** `host dlq replay`: hands dead letters to where they could not go, again; those that have nowhere to go stay. */
export async function replay(line: CommandLine): Promise<number> {
  const { file, ids } = chosen(line);
  const { stateDir, letters, unknown, refused } = await withApp(line, file, (app) => planOf(app, ids, line.binding));
  if (ids === 'all' && letters.length + refused.size === 0) sayNone(line.binding);
  const missing = [...unknown];
  if (letters.length > 0) {
    const asked = letters.map(({ id }) => id);
    const requested = await replayDeadLetters(stateDir, asked);
    const replayed = new Set(requested.ids);
    const lines = letters.filter(({ id }) => replayed.has(id)).map((letter) => done(letter, requested.applied));
    for (const text of lines) await print(`${printableLine(text)}\n`);
    missing.push(...requested.unknown);
  }
  sayRefused(refused, file);
  const someUnknown = sayUnknown(missing, file);
  return someUnknown || refused.size > 0 ? EXIT.other : EXIT.ok;
}
