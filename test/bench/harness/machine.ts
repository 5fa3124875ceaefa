import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../support/process.ts';
import { stealTicks } from './processes.ts';

function versionOf(name: string): string {
  const path = fileURLToPath(new URL(`../../../node_modules/${name}/package.json`, import.meta.url));
  return String(JSON.parse(readFileSync(path, 'utf8')).version);
}

function mosquittoVersion(): string {
  const program = findProgram('mosquitto', ['/usr/sbin']);
  if (program === undefined) return 'not installed';
  // It has no option that only says its version: --help does, and ends with 3.
  try {
    return execFileSync(program, ['-h'], { encoding: 'utf8' });
  } catch (error) {
    return /version (\S+)/.exec(String((error as { stdout?: string }).stdout))?.[1] ?? 'unknown';
  }
}

const load = () =>
  loadavg()
    .map((each) => each.toFixed(1))
    .join(' ');

/** Begins to watch the machine; the function that it returns says in lines what it was, and what it suffered. */
export function watchMachine(): () => readonly string[] {
  const [before, began, loadBefore] = [stealTicks(), new Date(), load()];
  return () => {
    const after = stealTicks();
    const steal = ((after.stolen - before.stolen) / Math.max(1, after.all - before.all)) * 100;
    const [cpu] = cpus();
    return [
      `${cpus().length} x ${cpu?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 1e9)} GB, Linux ${release()}`,
      `Node ${process.versions.node}, mqtt ${versionOf('mqtt')}, jco-transpile ${versionOf('@bytecodealliance/jco-transpile')}, Mosquitto ${mosquittoVersion()}`,
      `${began.toISOString()}, ${Math.round((Date.now() - began.getTime()) / 60_000)} minutes`,
      `CPU steal ${steal.toFixed(1)} %; load average ${loadBefore} before, ${load()} after`,
    ];
  };
}
