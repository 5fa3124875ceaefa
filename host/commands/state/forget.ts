import { forgetState, type Holding, HostError, nearest } from '../../../src/cli.ts';
import { type OpenApp, withApp } from '../../app.ts';
import { type CommandLine, positionalsOf, usage } from '../../arguments.ts';
import { EXIT } from '../../exit.ts';
import { heldText, isEmpty, ownerText } from '../../held.ts';
import { inUse } from '../../in-use.ts';
import { print, say } from '../../output.ts';
import { printableLine } from '../../printable.ts';
import { listed } from '../../words.ts';

function assertKnown(names: readonly string[], { config, journal }: OpenApp): void {
  const named = [...journal.holdings(), ...config.bindings].map(({ name }) => name);
  const known = [...new Set([...named, ...journal.publishers().map(({ clientId }) => clientId)])];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  const all = listed(known.map((name) => `"${name}"`));
  throw usage(
    `expected the name of a binding or the client id of a publisher session (${all}), found "${unknown}"${hint}`,
  );
}

/** Messages of what is still in use would be lost, or handled a second time. */
function assertForced(affected: readonly Holding[], config: OpenApp['config']): void {
  if (affected.length === 0) return;
  const held = affected.map((holding) => `  ${ownerText(holding)}: ${heldText(holding)}`);
  const text = `still in use by ${config.file}, so that forgetting it loses messages, or lets them come twice:\n${held.join('\n')}\n  the app goes on with them when it starts; to delete them for good, add --force`;
  throw new HostError('ERR_USAGE', text);
}

const idOf = (holding: Holding) => (holding.kind === 'publisher' ? holding.key : holding.name);
const isNamed = (holding: Holding, names: readonly string[]) =>
  names.includes(holding.name) || names.includes(idOf(holding));

function planOf(app: OpenApp, given: readonly string[], force: boolean): readonly string[] {
  const holdings = app.journal.holdings();
  const used = inUse(app.config, app.journal);
  assertKnown(given, app);
  const gone = holdings.filter((holding) => !used.holding(holding) && !isEmpty(holding));
  // A client id may have been used at two brokers, a key names one of them.
  const names = given.length > 0 ? given : gone.map(idOf);
  const affected = holdings.filter((holding) => isNamed(holding, names) && !isEmpty(holding));
  if (!force)
    assertForced(
      affected.filter((holding) => used.holding(holding)),
      app.config,
    );
  return [...new Set(names)];
}

async function deleteHeld(stateDir: string, names: readonly string[]): Promise<readonly Holding[]> {
  try {
    return await forgetState(stateDir, names);
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'ERR_STATE_LOCKED') throw error;
    const text = `the app that holds ${stateDir} is running: stop it first; nothing was deleted`;
    throw new HostError('ERR_STATE_LOCKED', text, { cause: error });
  }
}

/** `host state forget`: deletes what the journal of a stopped app holds for the names, or for all that is gone. */
export async function forget(line: CommandLine): Promise<number> {
  const [file = '', ...given] = positionalsOf(line, ['app.toml', 'name…'], 1);
  const { stateDir, names } = await withApp(line, file, (app) => ({
    stateDir: app.config.stateDir,
    names: planOf(app, given, line.force),
  }));
  if (names.length === 0) say(`nothing is held for bindings or brokers that are gone from ${file}`);
  const deleted = names.length === 0 ? [] : await deleteHeld(stateDir, names);
  for (const holding of deleted) {
    const what = isEmpty(holding) ? 'nothing was held' : `deleted ${heldText(holding)}`;
    await print(`${printableLine(`${ownerText(holding)}: ${what}`)}\n`);
  }
  const left = names.filter((name) => !deleted.some((holding) => isNamed(holding, [name])));
  for (const name of left) await print(`${printableLine(`"${name}": nothing was held`)}\n`);
  return EXIT.ok;
}
