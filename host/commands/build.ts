import { relative } from 'node:path';
import { buildGuest } from '../../src/cli.ts';
import { type CommandLine, positionalsOf } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { print, say } from '../output.ts';
import { printableLine } from '../printable.ts';
import { sizeText } from '../words.ts';

/** `host build`: a guest's folder in, a component out. */
export async function build(line: CommandLine): Promise<number> {
  const [folder = '.'] = positionalsOf(line, ['dir'], 1);
  const began = performance.now();
  const warn = (text: string) => say(`warning: ${text}`);
  const { path, bytes } = await buildGuest({ folder, world: line.world, out: line.out, warn });
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  await print(`${printableLine(relative('', path))}  ${sizeText(bytes)}, built in ${seconds} s\n`);
  return EXIT.ok;
}
