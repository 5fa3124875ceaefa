import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokers } from './brokers/index.ts';
import { outcomesOf, type Report, ROOT, tidy, withSecondRun } from './report.ts';
import { type BrokerResult, byColumn, columns, type Outcome } from './results.ts';
import { between, writeEvidence, writeTable } from './table.ts';

const FAILPOINTS = 'test/chaos/failpoints.test.ts';
const kept = (file: string, name: string): Outcome => ({ file, name, state: 'kept' });
const broken = (file: string, name: string, message = 'lost'): Outcome => ({ file, name, state: 'broken', message });

const about = { key: 'b', label: 'Broker 1', from: 'a registry', date: '2026-01-31' };
const result = (...outcomes: Outcome[]): BrokerResult => ({ ...about, columns: byColumn([{ outcomes }]) });
const cells = (table: string, row: number) => (table.split('\n')[row] ?? '').split('|').map((cell) => cell.trim());
/** The cell of a column in the table's first row. */
const cell = (of: BrokerResult, key: string) =>
  cells(writeTable([of]), 2)[2 + columns.findIndex((column) => column.key === key)];

describe('columns', () => {
  it('take each test once, by its file and name', () => {
    const all: [string[], Outcome][] = [
      [['qos1', 'order'], kept(FAILPOINTS, 'kill -9 at a failpoint > MQTT 5 > in.handled, qos 1')],
      [['qos2', 'order'], kept(FAILPOINTS, 'kill -9 at a failpoint > MQTT 5 > in.handled, qos 2')],
      [['qos2'], kept('test/chaos/pull-failpoints.test.ts', 'pulls > in.handled (protocol 5)')],
      [['trials'], kept('test/matrix/suites/trials.suite.ts', 'push, qos 1, topic (seed 1)')],
      [['contract'], kept('test/matrix/suites/contract.suite.ts', 'MQTT 5 > sessions > QoS 1 arrives once, in order')],
      [['resend'], kept('test/matrix/suites/wire-session.suite.ts', 'MQTT 5 > redelivery: x')],
      [['restart'], kept('test/matrix/suites/wire-restart.suite.ts', 'MQTT 5 > clean restart: a queue is there')],
      [['kill'], kept('test/matrix/suites/wire-restart.suite.ts', 'MQTT 5 > kill -9: x')],
      [['queue'], kept('test/matrix/suites/wire-queue.suite.ts', 'MQTT 5 > queue: x')],
    ];
    for (const [keys, outcome] of all)
      expect(columns.filter((column) => column.has(outcome)).map(({ key }) => key)).toEqual(keys);
  });

  it('tell a flow that lost something from one that only came out of order', () => {
    const [lost, late] = [
      broken(FAILPOINTS, 'a, qos 1'),
      broken(FAILPOINTS, 'b, qos 1', 'Error: outputs of the messages on t'),
    ];
    const { qos1, order } = byColumn([{ outcomes: [lost, late] }]);
    expect(qos1).toEqual({ kept: 1, ended: false, again: [], broken: [{ name: 'a, qos 1', message: 'lost' }] });
    expect(order).toEqual({ kept: 0, ended: false, again: [], broken: [{ name: 'b, qos 1', message: late.message }] });
  });
});

describe('the table', () => {
  it('says yes, no, how many, or nothing where nothing was run', () => {
    const one = kept(FAILPOINTS, 'a, qos 1');
    expect(cell(result(one), 'qos1')).toBe('yes');
    expect(cell(result(broken(FAILPOINTS, 'a, qos 1')), 'qos1')).toBe('no');
    expect(cell(result(one, broken(FAILPOINTS, 'b, qos 1')), 'qos1')).toBe('1 of 2');
    expect(cell(result(one), 'qos2')).toBe('–');
    // Ended early: of the others nothing is known.
    const ended = { ...about, columns: byColumn([{ outcomes: [one], ended: true }]) };
    expect([cell(ended, 'qos1'), cell(ended, 'qos2')]).toEqual(['1 of 1', '–']);
  });

  it('has a row that says why a broker was not to be had', () => {
    const missing = { ...about, unavailable: 'mvn is not | installed\nat all', columns: {} };
    const table = writeTable([result(), missing]).split('\n');
    expect(table[3]).toContain('| Broker 1 | not to be had: mvn is not \\| installed |');
    // All rows have the same number of cells.
    const count = (row = '') => row.replaceAll('\\|', '').split('|').length;
    expect(table.map(count)).toEqual(table.map(() => count(table[0])));
    expect(writeEvidence([missing])).toContain('mvn is not | installed\nat all');
  });

  it('replaces what stands between the markers, and nothing else', () => {
    const text = between(
      'a\n<!-- written by npm run matrix -->\nold\n<!-- end of what npm run matrix wrote -->\nb',
      'new',
    );
    expect(text).toBe('a\n<!-- written by npm run matrix -->\n\nnew\n\n<!-- end of what npm run matrix wrote -->\nb');
    expect(between(text, 'newer')).toBe(text.replace('new\n', 'newer\n'));
    expect(() => between('no markers', 'x')).toThrow(/expected "<!-- written/);
  });

  it('is in the README, one row for each broker', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    expect(() => between(readme, '')).not.toThrow();
    for (const { label } of brokers) expect(readme).toContain(`| ${label} `);
  });
});

describe('the evidence', () => {
  it('has what each failed test found, and what held only when run again', () => {
    const evidence = writeEvidence([
      result(broken(FAILPOINTS, 'a, qos 1', 'one → broker  CONNECT\n--- host 0\nthe log of a host'), {
        ...kept(FAILPOINTS, 'b, qos 1'),
        state: 'again',
      }),
    ]);
    expect(evidence).toContain('1 of 2 held.\n\nOnly when run again, alone: _b, qos 1_.');
    expect(evidence).toContain('- a, qos 1\n\n  ```\n  one → broker  CONNECT\n  ```');
    expect(evidence).not.toContain('the log of a host');
    expect(writeEvidence([result(kept(FAILPOINTS, 'a, qos 1'))])).toContain('Everything held.');
    expect(writeEvidence([{ ...result(), left: ['x was not run', 'y'] }])).toContain('Left out: x was not run; y.');
  });
});

describe('reports of vitest', () => {
  const report = (...assertionResults: Report['testResults'][number]['assertionResults'][number][]): Report => ({
    testResults: [{ name: join(ROOT, FAILPOINTS), assertionResults }],
  });

  it('become outcomes: passed, failed with its message, and nothing for what was left out', () => {
    const test = (title: string, status: string) => ({ ancestorTitles: ['of', 'these'], title, status });
    const failed = { ...test('b', 'failed'), failureMessages: ['\u001b[31mlost\u001b[39m\n    at x (y.ts:1)'] };
    const outcomes = outcomesOf(report(test('a', 'passed'), failed, test('c', 'skipped')));
    expect(outcomes).toEqual([kept(FAILPOINTS, 'of > these > a'), broken(FAILPOINTS, 'of > these > b')]);
  });

  it('a file that does not load is broken', () => {
    const outcomes = outcomesOf({ testResults: [{ name: join(ROOT, 'x.ts'), message: 'oh', assertionResults: [] }] });
    expect(outcomes).toEqual([broken('x.ts', 'the file itself', 'oh')]);
  });

  it('are found again after a run from another checkout', () => {
    const name = `/elsewhere/host/${FAILPOINTS}`;
    const outcomes = outcomesOf({ testResults: [{ name, message: 'oh', assertionResults: [] }] });
    expect(outcomes).toEqual([broken(FAILPOINTS, 'the file itself', 'oh')]);
  });

  it('of a second run only the passed ones count', () => {
    const first = [kept('f', 'a'), broken('f', 'b'), broken('f', 'c'), broken('f', 'd')];
    const states = withSecondRun(first, [kept('f', 'b'), broken('f', 'c'), kept('g', 'd')]).map(({ state }) => state);
    expect(states).toEqual(['kept', 'again', 'broken', 'broken']);
  });

  it('messages lose paths of the machine, and their middle where they are long', () => {
    expect(tidy(`see ${ROOT}test/x.ts and /home/a/node_modules/mqtt/index.js`)).toBe(
      'see ./test/x.ts and node_modules/mqtt/index.js',
    );
    const long = tidy(Array.from({ length: 200 }, (_, n) => `line ${n}`).join('\n')).split('\n');
    expect([long[0], long[30], long.at(-1)]).toEqual(['line 0', '… 140 lines …', 'line 199']);
  });
});
