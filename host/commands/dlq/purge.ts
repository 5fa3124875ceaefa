import { purgeDeadLetters } from '../../../src/cli.ts';
import { withApp } from '../../app.ts';
import type { CommandLine } from '../../arguments.ts';
import { EXIT } from '../../exit.ts';
import { chosen, sayNone, sayUnknown, select } from '../../letters.ts';
import { print } from '../../output.ts';

/** `host dlq purge`: deletes dead letters for good. With `--all`, those that are there when it begins. */
export async function purge(line: CommandLine): Promise<number> {
  const { file, ids } = chosen(line);
  const { stateDir, asked, unknown } = await withApp(line, file, (app) => {
    const { letters, unknown } = select(app, ids, line.binding);
    return { stateDir: app.config.stateDir, asked: letters.map(({ id }) => id), unknown };
  });
  if (ids === 'all' && asked.length === 0) sayNone(line.binding);
  const missing = [...unknown];
  if (asked.length > 0) {
    const requested = await purgeDeadLetters(stateDir, asked);
    const what = requested.applied === 'now' ? 'is deleted' : 'is deleted by the running app';
    for (const id of requested.ids) await print(`dead letter ${id} ${what}\n`);
    missing.push(...requested.unknown);
  }
  return sayUnknown(missing, file) ? EXIT.other : EXIT.ok;
}
