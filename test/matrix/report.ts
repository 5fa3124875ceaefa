import { homedir, tmpdir } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { Outcome } from './results.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** As much of vitest's JSON report as is read here. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const LINES = 60;
const WIDTH = 200;

/** What a reader of a failed test needs: no colours, no stack, no paths of this machine, not too long. */
export function tidy(message: string): string {
  const lines = stripVTControlCharacters(message)
    .replaceAll(ROOT, './')
    .replace(/\S*\/node_modules\//g, 'node_modules/')
    .replaceAll(`${homedir()}/`, '~/')
    .replaceAll(`${tmpdir()}/`, 'TMP/')
    .split('\n')
    .filter((line) => !/^\s+at /.test(line))
    .map((line) => (line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line));
  if (lines.length <= LINES) return lines.join('\n').trim();
  const left = lines.length - LINES;
  return [...lines.slice(0, LINES / 2), `… ${left} lines …`, ...lines.slice(-LINES / 2)].join('\n').trim();
}

/** What a run of vitest found; tests that were left out are not among them. */
export function outcomesOf({ testResults }: Report): Outcome[] {
  return testResults.flatMap(({ name: path, message, assertionResults }) => {
    // The report may be an earlier run's, from another checkout.
    const file = path.startsWith(ROOT) ? relative(ROOT, path) : path.replace(/^.*\/(?=test\/)/, '');
    if (assertionResults.length === 0 && message !== undefined && message !== '')
      return [{ file, name: 'the file itself', state: 'broken', message: tidy(message) } as const];
    return assertionResults.flatMap(({ ancestorTitles, title, status, failureMessages = [] }): Outcome[] => {
      const name = [...ancestorTitles, title].join(' > ');
      if (status === 'passed') return [{ file, name, state: 'kept' }];
      if (status !== 'failed') return [];
      return [{ file, name, state: 'broken', message: tidy(failureMessages.join('\n')) }];
    });
  });
}

/** A failed test that passes when it is run again, alone, was not the broker's fault. */
export function withSecondRun(first: readonly Outcome[], second: readonly Outcome[]): Outcome[] {
  const passed = new Set(second.filter(({ state }) => state === 'kept').map(({ file, name }) => `${file} ${name}`));
  return first.map((outcome) => {
    const { file, name, state } = outcome;
    return state === 'broken' && passed.has(`${file} ${name}`) ? { ...outcome, state: 'again' } : outcome;
  });
}
