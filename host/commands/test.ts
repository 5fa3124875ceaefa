import { loadConfig, openRehearsal } from '../../src/cli.ts';
import { type CommandLine, positionalsOf } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { readFixtures } from '../fixtures/files.ts';
import { summary } from '../fixtures/report.ts';
import { checkFixture, updateFixture } from '../fixtures/run.ts';
import { print } from '../output.ts';
import { printable, printableLine } from '../printable.ts';

const LABELS = { passed: 'ok      ', failed: 'FAILED  ', unchecked: 'ran     ', updated: 'updated ' } as const;

/** `host test`: recorded messages through a handler, without a broker; exit code 1 where one did what it should not. */
export async function test(line: CommandLine): Promise<number> {
  const [component = '', folder = ''] = positionalsOf(line, ['component.wasm', 'fixtures']);
  const fixtures = readFixtures(folder);
  const config = line.app === undefined ? undefined : await loadConfig(line.app);
  const rehearsal = await openRehearsal(component, config);
  const tally = { passed: 0, failed: 0, unchecked: 0, updated: 0 };
  for (const fixture of fixtures) {
    const { verdict, lines } = await (line.update ? updateFixture : checkFixture)(rehearsal, fixture);
    tally[verdict]++;
    await print(`${LABELS[verdict]}${printableLine(fixture.name)}\n`);
    await print(lines.map((text) => `    ${printable(text)}\n`).join(''));
  }
  await print(`\n${summary(tally)}\n`);
  return tally.failed > 0 ? EXIT.other : EXIT.ok;
}
