import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { atEnd } from '../support/cleanup.ts';
import { spawnProcess } from '../support/process.ts';
import { tempDirectory } from '../support/temp.ts';

async function bench(...args: readonly string[]) {
  const run = spawnProcess(process.execPath, [fileURLToPath(new URL('./run.ts', import.meta.url)), ...args]);
  atEnd(() => run.kill('SIGKILL'));
  const { code } = await run.exited;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

/** Rows of the result table of whoever is called so: from the first one, which names it, those that follow. */
function rowsOf(table: string, who: RegExp): string[][] {
  const rows = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const from = rows.findIndex((cells) => who.test(cells[2] ?? ''));
  return from < 0 ? [] : rows.slice(from, from + 2);
}

const number = (cell: string | undefined) => Number(cell?.replaceAll(',', ''));

describe('npm run bench', () => {
  it('measures peers and the host in turns, and writes the table', async () => {
    const out = join(tempDirectory(), 'RESULTS.md');
    const settings = ['--rounds', '1', '--seconds', '1', '--warm-up', '0.2', '--prebuilt', '--out', out];
    const { code, stdout, stderr } = await bench('--only', 'size-64-qos1', ...settings);
    expect(stderr).toContain('round 1');
    expect(code).toBe(0);
    const table = readFileSync(out, 'utf8');
    expect(table).toContain(stdout.trim());
    expect(table).not.toContain('failed:');
    for (const who of [/^plain mqtt\.js/, /^host, .* guest/]) {
      const [rate, cpu] = rowsOf(table, who);
      expect(rate?.[4]).toBe('messages/s');
      expect(number(rate?.[3])).toBeGreaterThan(0);
      expect(cpu?.[4]).toBe('CPU us a message');
      expect(number(cpu?.[3])).toBeGreaterThan(0);
    }
    expect(table).toMatch(/CPU steal [\d.]+ %; load average/);
    expect(table).toMatch(/a read within 4 MB.*: [1-9]\d* ns/);
  });

  it('names its measures, and what it does not know', async () => {
    const { stdout } = await bench('--list');
    for (const name of ['push-qos0', 'mosquitto-qos2', 'publish-qos1', 'pull', 'latency', 'start', 'memory', 'journal'])
      expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
    const unknown = await bench('--only', 'speed');
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('there is no measure speed; there are mosquitto-qos0');
  });
});
