/** `npm run bench`: how fast the host is beside what its users would write instead. `--help` says what can be asked for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGuests } from './guests/build.ts';
import { goalTable } from './harness/goals.ts';
import { Machine } from './harness/machine.ts';
import type { Measure } from './harness/measure.ts';
import { type Options, readOptions, USAGE } from './harness/options.ts';
import { type Compared, compare } from './harness/run.ts';
import { failuresOf, resultTable, rowsOf } from './harness/table.ts';
import { MEASURES } from './measures/index.ts';

const RESULTS = fileURLToPath(new URL('./RESULTS.md', import.meta.url));

function chosen({ only }: Options): readonly Measure[] {
  if (only.length === 0) return MEASURES;
  const unknown = only.filter((name) => !MEASURES.some((measure) => measure.name.startsWith(name)));
  if (unknown.length > 0)
    throw new Error(
      `there is no measure ${unknown.join(', ')}; there are ${MEASURES.map(({ name }) => name).join(', ')}`,
    );
  return MEASURES.filter(({ name }) => only.some((start) => name.startsWith(start)));
}

async function measureAll(options: Options, root: string, machine: Machine, notes: Set<string>): Promise<Compared[]> {
  const note = (text: string) => void notes.add(text);
  const measures = chosen(options);
  const context = { ...options, root, note, guests: await buildGuests(root, options.prebuilt, note) };
  const results: Compared[] = [];
  for (const measure of measures)
    for (const comparison of await measure.comparisons(context)) {
      const compared = await compare(comparison, options.rounds, (text) => {
        process.stderr.write(`${text}\n`);
        machine.look();
      });
      for (const failure of failuresOf(compared)) note(`failed: ${failure}`);
      results.push(compared);
    }
  return results;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), RESULTS);
  if (options.help) return void process.stdout.write(USAGE);
  if (options.list)
    return void process.stdout.write(MEASURES.map(({ name, about }) => `${name.padEnd(20)} ${about}\n`).join(''));
  const root = mkdtempSync(join(tmpdir(), 'wasi-pubsub-host-bench-'));
  process.on('exit', () => rmSync(root, { recursive: true, force: true }));
  const [notes, machine] = [new Set<string>(), new Machine()];
  const results = await measureAll(options, root, machine, notes);
  const settings = `${options.full ? 'full' : 'short'}: ${options.rounds} rounds at most, ${options.seconds} s each after ${options.warmUp} s; window ${options.window}; durability "process" unless named`;
  const lines = [...machine.lines(), settings, ...notes].map((line) => `- ${line.trim().replaceAll('\n', '\n  ')}`);
  const goals = goalTable(results);
  const parts = [resultTable(results.flatMap(rowsOf)), ...(goals === undefined ? [] : [goals]), lines.join('\n')];
  const text = `${parts.join('\n\n')}\n`;
  process.stdout.write(text);
  if (options.out !== undefined) writeFileSync(options.out, `# Results of \`npm run bench\`\n\n${text}`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
