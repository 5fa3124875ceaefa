import type { CommandLine } from '../arguments.ts';
import { EXIT } from '../exit.ts';
export async function test(_line: CommandLine): Promise<number> {
  return EXIT.other;
}
