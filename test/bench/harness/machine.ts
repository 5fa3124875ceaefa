import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../support/process.ts';
import { stealTicks } from './processes.ts';
import { median } from './statistics.ts';

const LINE_INTS = 16;
/** Of 64 bytes: 4 MB, more than a processor has for itself and less than those of one machine share. */
const LINES = 65_536;
const STEP = 40_503;
const READS = 200_000;

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

/** Each line leads to one that is far from it, and all are one round, since the step is odd. */
function chain(): Int32Array {
  const lines = new Int32Array(LINES * LINE_INTS);
  for (let line = 0; line < LINES; line++) lines[line * LINE_INTS] = ((line + STEP) % LINES) * LINE_INTS;
  return lines;
}

/** Nanoseconds that a read takes where each waits for the one before. */
function readTime(lines: Int32Array): number {
  const began = performance.now();
  let at = 0;
  for (let read = 0; read < READS; read++) at = lines[at] ?? 0;
  const nanoseconds = ((performance.now() - began) * 1e6) / READS;
  // Looks at what was read, or it need not be.
  return at < 0 ? Number.NaN : nanoseconds;
}

/** What a machine with neighbours suffers during a run. */
export class Machine {
  readonly #before = stealTicks();
  readonly #began = new Date();
  readonly #loadBefore = load();
  readonly #lines = chain();
  readonly #reads: number[] = [];

  /** Looks once, between two runs: 20 ms. */
  look(): void {
    this.#reads.push(readTime(this.#lines));
  }

  /** What it was, and what it suffered. */
  lines(): readonly string[] {
    const after = stealTicks();
    const steal = ((after.stolen - this.#before.stolen) / Math.max(1, after.all - this.#before.all)) * 100;
    const [cpu] = cpus();
    return [
      `${cpus().length} x ${cpu?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 1e9)} GB, Linux ${release()}`,
      `Node ${process.versions.node}, mqtt ${versionOf('mqtt')}, jco-transpile ${versionOf('@bytecodealliance/jco-transpile')}, Mosquitto ${mosquittoVersion()}`,
      `${this.#began.toISOString()}, ${Math.round((Date.now() - this.#began.getTime()) / 60_000)} minutes`,
      `CPU steal ${steal.toFixed(1)} %; load average ${this.#loadBefore} before, ${load()} after`,
      `a read within 4 MB, which a cache holds unless neighbours need it: ${this.#readTimes()}`,
    ];
  }

  #readTimes(): string {
    const [least, most] = [Math.min(...this.#reads), Math.max(...this.#reads)];
    return `${median(this.#reads).toFixed(0)} ns (${least.toFixed(0)} to ${most.toFixed(0)} between the runs)`;
  }
}
