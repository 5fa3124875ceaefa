import { describe, expect, it } from 'vitest';
import { atEnd } from './cleanup.ts';
import { spawnProcess } from './process.ts';

const FAILPOINTS = ['--conditions=failpoints'];

/** A program in this package, so that `#failpoint` is resolved by its package.json. */
async function run(source: string, failpoint: string, options: readonly string[] = FAILPOINTS) {
  const program = ['--input-type=module', '--eval', `import { failpoint } from '#failpoint';\n${source}`];
  const child = spawnProcess(process.execPath, [...options, ...program], {
    cwd: import.meta.dirname,
    env: { ...process.env, HOST_FAILPOINT: failpoint },
  });
  atEnd(() => child.kill('SIGKILL'));
  const exit = await child.exited;
  return { signal: exit.signal, stdout: child.stdout(), stderr: child.stderr() };
}

const THRICE =
  "for (let i = 1; i <= 3; i++) { failpoint('other'); failpoint('here'); process.stdout.write(String(i)); }";

describe('a failpoint', () => {
  it('kills the process where it is named, and says so', async () => {
    expect(await run(THRICE, 'here')).toEqual({ signal: 'SIGKILL', stdout: '', stderr: 'killed at failpoint here\n' });
  });

  it('waits for the hit that is asked for', async () => {
    expect(await run(THRICE, 'here:3')).toMatchObject({ signal: 'SIGKILL', stdout: '12' });
    expect(await run(THRICE, 'here:4')).toMatchObject({ signal: null, stdout: '123' });
  });

  it('lets a batch leave that was to be flushed in a setImmediate asked for before', async () => {
    const batch = (name: string) =>
      `setImmediate(() => process.stdout.write('flushed')); failpoint('${name}'); setImmediate(() => process.stdout.write(' late'));`;
    expect(await run(batch('in.acknowledged'), 'in.acknowledged')).toMatchObject({
      signal: 'SIGKILL',
      stdout: 'flushed',
    });
    expect(await run(batch('in.committed'), 'in.committed')).toMatchObject({ signal: 'SIGKILL', stdout: '' });
  });

  it('does nothing without the package condition', async () => {
    expect(await run(THRICE, 'here', [])).toEqual({ signal: null, stdout: '123', stderr: '' });
  });
});
