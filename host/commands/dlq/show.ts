import { HostError, type ListedDeadLetter } from '../../../src/cli.ts';
import { withApp } from '../../app.ts';
import { type CommandLine, positionalsOf, usage } from '../../arguments.ts';
import { EXIT } from '../../exit.ts';
import { letterJson } from '../../letter-json.ts';
import { letterText } from '../../letter-text.ts';
import { idsOf, sayUnknown, select } from '../../letters.ts';
import { print } from '../../output.ts';
import { printableText } from '../../printable.ts';

/** The bytes as they are, but never such as drive a terminal. */
async function printData({ id, event }: ListedDeadLetter): Promise<void> {
  if (process.stdout.isTTY && printableText(event.data) === undefined) {
    const text = `--data: the data of dead letter ${id} is not printable text, and standard output is a terminal: send it to a file or a program`;
    throw new HostError('ERR_USAGE', text);
  }
  await print(event.data);
}

/** `host dlq show`: everything about some dead letters. */
export async function show(line: CommandLine): Promise<number> {
  const [file = '', ...words] = positionalsOf(line, ['app.toml', 'id…']);
  const ids = idsOf(words);
  if (line.data && line.json) throw usage('--data and --json exclude each other');
  if (line.data && ids.length > 1) throw usage(`--data: expected the number of one dead letter, found ${ids.length}`);
  const { letters, unknown } = await withApp(line, file, (app) => select(app, ids));
  for (const [index, letter] of letters.entries()) {
    if (line.data) await printData(letter);
    else if (line.json) await print(`${letterJson(letter)}\n`);
    else await print(`${index === 0 ? '' : '\n'}${letterText(letter)}`);
  }
  return sayUnknown(unknown, file) ? EXIT.other : EXIT.ok;
}
