import type { ListedDeadLetter } from '../../../src/cli.ts';
import { withApp } from '../../app.ts';
import { type CommandLine, positionalsOf } from '../../arguments.ts';
import { EXIT } from '../../exit.ts';
import { letterJson } from '../../letter-json.ts';
import { lettersOf, sayNone } from '../../letters.ts';
import { print } from '../../output.ts';
import { table } from '../../table.ts';

const HEADING = ['ID', 'DIED', 'BINDING', 'KIND', 'TOPIC', 'ATTEMPTS', 'ERROR'];

function cells({ id, deadAt, binding, kind, parked, topic, attempts, error }: ListedDeadLetter): string[] {
  const what = parked ? `${kind}, parked` : kind;
  return [String(id), new Date(deadAt).toISOString(), binding, what, topic, String(attempts), error];
}

/** `host dlq list`: a line for each dead letter, oldest first; cut to the width of a terminal, whole elsewhere. */
export async function list(line: CommandLine): Promise<number> {
  const [file = ''] = positionalsOf(line, ['app.toml']);
  const letters = await withApp(line, file, (app) => lettersOf(app, line.binding));
  if (letters.length === 0) sayNone(line.binding);
  else if (line.json) for (const letter of letters) await print(`${letterJson(letter)}\n`);
  else {
    const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
    await print(`${table(HEADING, letters.map(cells), columns).join('\n')}\n`);
  }
  return EXIT.ok;
}
