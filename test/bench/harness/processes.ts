import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type SpawnedProcess, spawnProcess } from '../../support/process.ts';

/** Of `getconf CLK_TCK`: 100 on every Linux there is. */
const TICKS_PER_SECOND = 100;
const PAGE_IN_MB = 4_096 / 1_000_000;

/** Runs a file of this folder on this Node. */
export function node(file: string, ...args: readonly string[]): SpawnedProcess {
  return spawnProcess(process.execPath, [fileURLToPath(new URL(`../${file}`, import.meta.url)), ...args]);
}

/** A process and all that descend from it. */
function tree(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(tree)];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** After the command's name, which may hold spaces: field 3 of proc(5)'s stat comes first. */
function statFields(pid: number): string[] {
  return read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
}

/** Seconds of CPU, user and system, that the process, its threads and what descends from it have used. */
export function cpuSeconds(pid: number): number {
  const ticks = tree(pid).map((each) => {
    const fields = statFields(each);
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND;
}

/** Megabytes (10^6 bytes) of physical memory of the process and what descends from it: the median of `samples`. */
export async function residentMb(pid: number, samples = 9): Promise<number> {
  const seen: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    seen.push(tree(pid).reduce((sum, each) => sum + Number(statFields(each)[21] ?? 0) * PAGE_IN_MB, 0));
    await delay(100);
  }
  return seen.sort((a, b) => a - b)[Math.floor(samples / 2)] ?? Number.NaN;
}

/** Share of the machine's time since boot that the hypervisor gave to others, and the whole, in ticks. */
export function stealTicks(): { readonly stolen: number; readonly all: number } {
  const ticks = (read('/proc/stat').split('\n', 1)[0] ?? '').split(/\s+/).slice(1, 9).map(Number);
  return { stolen: ticks[7] ?? 0, all: ticks.reduce((sum, each) => sum + each, 0) };
}
