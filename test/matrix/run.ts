/**
 * `npm run matrix`: the same suites against real brokers, then a table in the README and the evidence in RESULTS.md.
 * `npm run matrix -- BROKER…` runs some and leaves the rows of the others as they are. `--help` has the rest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brokerNamed, brokers, type MatrixBroker } from './brokers/index.ts';
import { CACHE } from './cache.ts';
import { outcomesOf, type Report, ROOT, withSecondRun } from './report.ts';
import { type BrokerResult, byColumn, type Outcome, type Ran } from './results.ts';
import { type Run, runsFor } from './runs.ts';
import { between, writeEvidence, writeTable } from './table.ts';

const HELP = `npm run matrix [-- BROKER… ] [-- options]
  BROKER…   ${brokers.map(({ key }) => key).join(', ')}; all unless told
  --resume  takes what an earlier run that was interrupted has finished
  --table   runs nothing: writes the tables from what earlier runs found

An hour or more for each broker. What it downloads and builds lies in ${CACHE}.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean' }, resume: { type: 'boolean' }, table: { type: 'boolean' } },
});

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const resultFile = (key: string): string => here(`./generated/${key}.json`);

async function vitest({ key, protocols }: MatrixBroker, args: readonly string[], output: string): Promise<Outcome[]> {
  const vitestMjs = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const all = [vitestMjs, 'run', '--config', 'test/matrix/vitest.config.ts', ...args];
  const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${output}`];
  const env = { ...process.env, MATRIX_BROKER: key, ...(protocols.includes(5) ? {} : { MATRIX_PROTOCOL: '4' }) };
  const child = spawn(process.execPath, [...all, ...reporters], { cwd: ROOT, env, stdio: 'inherit' });
  await once(child, 'exit');
  if (!existsSync(output)) throw new Error(`vitest wrote no report: ${args.join(' ')}`);
  return outcomesOf(JSON.parse(readFileSync(output, 'utf8')) as Report);
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const read = (file: string): Outcome[] => outcomesOf(JSON.parse(readFileSync(file, 'utf8')) as Report);

/** What a report has, or undefined where this call is not to run what it is missing for. */
async function found(file: string, go: () => Promise<Outcome[]>): Promise<Outcome[] | undefined> {
  if ((values.resume === true || values.table === true) && existsSync(file)) return read(file);
  return values.table === true ? undefined : go();
}

/** On a loaded machine a test may fail for want of time: those that failed get a second chance, alone. */
async function runTwice(broker: MatrixBroker, { name, args, bail = 0 }: Run, reports: string): Promise<Ran> {
  const [output, secondOutput] = [join(reports, `${name}.json`), join(reports, `${name}-again.json`)];
  const first = await found(output, () => vitest(broker, [...args, `--bail=${bail}`], output));
  if (first === undefined) return { outcomes: [], left: `${name} was not run to its end` };
  const failed = first.filter(({ state }) => state === 'broken');
  if (failed.length === 0) return { outcomes: first };
  // Nothing is reported of the test during which vitest ends a run.
  if (bail > 0 && failed.length >= bail - 1) return { outcomes: first, left: `${name} was ended`, ended: true };
  const files = [...new Set(failed.map(({ file }) => file))];
  const names = failed.map((one) => `^${escaped(one.name)}$`).join('|');
  const alone = [...args.slice(0, 2), ...files, '-t', names, '--maxWorkers=1', '--no-file-parallelism'];
  const second = await found(secondOutput, () => vitest(broker, alone, secondOutput));
  if (second === undefined) return { outcomes: first, left: `what failed in ${name} was not run again` };
  return { outcomes: withSecondRun(first, second) };
}

async function examine(broker: MatrixBroker): Promise<BrokerResult> {
  const { key, label, from } = broker;
  const about = { key, label, from, date: new Date().toISOString().slice(0, 10) };
  try {
    if (values.table !== true) await broker.prepare();
  } catch (error) {
    const unavailable = error instanceof Error ? error.message : String(error);
    return { ...about, unavailable, columns: {} };
  }
  const reports = join(CACHE, 'reports', key);
  if (values.resume !== true && values.table !== true) rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const ran: Ran[] = [];
  for (const run of runsFor(broker)) ran.push(await runTwice(broker, run, reports));
  const left = ran.flatMap((one) => one.left ?? []);
  return { ...about, columns: byColumn(ran), ...(left.length > 0 && { left }) };
}

function save(result: BrokerResult): void {
  const file = resultFile(result.key);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

function writeTables(): void {
  const files = brokers.map(({ key }) => resultFile(key)).filter((file) => existsSync(file));
  const results = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as BrokerResult);
  const readme = join(ROOT, 'README.md');
  writeFileSync(readme, between(readFileSync(readme, 'utf8'), writeTable(results)));
  writeFileSync(here('./RESULTS.md'), writeEvidence(results));
  process.stdout.write(`\n${writeTable(results)}\n`);
}

async function main(): Promise<void> {
  const chosen = positionals.length === 0 ? brokers : positionals.map(brokerNamed);
  for (const broker of chosen) {
    save(await examine(broker));
    writeTables();
  }
}

if (values.help === true) process.stdout.write(HELP);
else await main();
