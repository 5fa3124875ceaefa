import { checkApp, loadConfig } from '../../src/cli.ts';
import { type CommandLine, positionalsOf } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { printable } from '../printable.ts';

/** `host check`: prints what can be found out without connecting; problems are thrown as by `host run`. */
export async function check(line: CommandLine): Promise<number> {
  const [file = '', component] = positionalsOf(line, ['app.toml', 'component.wasm'], 1);
  const config = await loadConfig(file, { stateDir: line.stateDir });
  const report = await checkApp(config, component);
  process.stdout.write(`${report.map(printable).join('\n')}\n`);
  return EXIT.ok;
}
