import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buildGuest, guestNames, missingFor } from '../../guests/build.ts';
import { spawnHost } from '../support/cli.ts';
import { tempDirectory } from '../support/temp.ts';
import { appToml } from './app.ts';

const GUESTS = fileURLToPath(new URL('../../guests/', import.meta.url));

/** What an app.toml of a sample guest takes from the environment. */
const SETTINGS = { PSEUDONYM_KEY: '0123456789abcdef0123456789abcdef' };

async function hostTest(args: readonly string[]) {
  const run = spawnHost(['test', ...args], { env: SETTINGS });
  const { code } = await run.exited;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

/** One fixture for the guest that does what it is told. */
function fixture(steps: unknown): string {
  const path = join(tempDirectory('fixtures'), 'case.json');
  writeFileSync(path, JSON.stringify(steps));
  return path;
}

async function misbehaving(steps: unknown, options: readonly string[] = []) {
  const { path } = await buildGuest('misbehaving');
  return hostTest([path, fixture(steps), ...options]);
}

const step = (payload: string, more: object = {}) => ({ topic: 'commands/a', payload, ...more });
const app = (...lines: string[]) => {
  const path = join(tempDirectory('app'), 'app.toml');
  writeFileSync(path, appToml([{ url: 'tcp://127.0.0.1:1', lines: ['topic = "commands/#"', ...lines] }]));
  return ['--app', path];
};

describe.each(guestNames().filter((name) => existsSync(join(GUESTS, name, 'fixtures'))))('%s', (name) => {
  const missing = missingFor(name);
  const skipped = missing.length > 0 ? ` (skipped: ${missing.join(', ')} not found)` : '';
  const test = async () => {
    const { path } = await buildGuest(name);
    const folder = join(GUESTS, name);
    const { code, stdout } = await hostTest([path, join(folder, 'fixtures'), '--app', join(folder, 'app.toml')]);
    expect(stdout).toMatch(/\d+ passed, 0 failed\n$/);
    expect(code).toBe(0);
  };
  it.skipIf(missing.length > 0)(`does what its fixtures expect${skipped}`, test, 600_000);
});

describe('host test', () => {
  it('shows what a handler published, logged and answered, and keeps its state through a list', async () => {
    const { code, stdout } = await misbehaving([
      step('count out/n'),
      step('count out/n'),
      step('log hi'),
      step('reject no'),
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /<- commands\/a {2}count out\/n\n.*-> out\/n {2}\S+ {2}1\n.*<- .*\n.*-> out\/n {2}\S+ {2}2\n/,
    );
    expect(stdout).toMatch(/info: hi\n/);
    expect(stdout).toMatch(/ rejected: no\n/);
    expect(stdout).toMatch(/0 passed, 0 failed, 1 without expectations/);
  });

  it('ends with 1 and the differences where a guest does something else', async () => {
    const wrong = { publishes: [{ topic: 'out/b', event: { data: '1' } }] };
    const { code, stdout } = await misbehaving([
      step('publish out/a', { expect: wrong }),
      step('ok', { expect: { result: 'ok' } }),
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAILED {2}case\n[\s\S]*! publishes\[0\]\.topic: expected "out\/b", found "out\/a"\n/);
    expect(stdout).toMatch(/0 passed, 1 failed\n$/);
  });

  it('tells the output of one message from that of another', async () => {
    const logged = step('log hi', { expect: { logs: ['info: hi'] } });
    const { code, stdout } = await misbehaving([logged, step('ok', { expect: { logs: [] } }), logged]);
    expect([code, stdout.split('\n').at(-2)]).toEqual([0, '1 passed, 0 failed']);
  });

  it('goes on after a trap and a missed deadline, with what the app grants', async () => {
    const steps = [
      step('throw boom', { expect: { result: 'trap', publishes: [] } }),
      step('loop', { expect: { result: 'timeout' } }),
      step('publish elsewhere', { expect: { result: 'permission-denied', publishes: [] } }),
      step('publish out/a', { expect: { result: 'ok', publishes: [{ topic: 'out/a', qos: 2 }] } }),
    ];
    const { code, stdout } = await misbehaving(steps, app('qos = 2', 'timeout = "1s"', 'publish = ["out/#"]'));
    expect(stdout).toMatch(/refused to publish on elsewhere: permission-denied: /);
    expect([code, stdout.split('\n').at(-2)]).toEqual([0, '1 passed, 0 failed']);
  });

  it('publishes nothing of a transaction that fails', async () => {
    const discarded = step('publish-then-err out/a', { expect: { result: 'other', publishes: [] } });
    const transactional = await misbehaving(discarded, app('transactional = true'));
    expect(transactional.stdout).toMatch(/not published, for the call failed: out\/a/);
    expect(transactional.code).toBe(0);
    const sent = step('publish-then-err out/a', { expect: { result: 'other', publishes: [{ topic: 'out/a' }] } });
    expect((await misbehaving(sent, app())).code).toBe(0);
  });

  it('tells the guest what the fixture says of the delivery, and calls the handler of the binding', async () => {
    const properties = { responseTopic: 'answers', userProperties: [['tenant', 'a']] };
    const delivery = step('delivery out/d', { qos: 2, retained: true, attempt: 3, properties });
    const { stdout } = await misbehaving(delivery);
    expect(stdout).toMatch(/"qos":2,"retained":true,"redelivered":true,"attempt":3/);
    expect(stdout).toMatch(/answers[\s\S]*tenant/);
    expect((await misbehaving(step('ok'), app('on_message = "on_order"'))).stdout).toContain('info: on-order');
    const foreign = await misbehaving({ topic: 'other', payload: '' }, app('name = "orders"'));
    expect(foreign).toMatchObject({ code: 2, stdout: '' });
    expect(foreign.stderr).toMatch(
      /case\.json: no push binding of .* subscribes to "other"; there are "orders" \(commands\/#\)/,
    );
  });

  it('writes with --update what the next run holds the guest to', async () => {
    const { path } = await buildGuest('misbehaving');
    const file = fixture(step('publish-with out/a answers', { comment: 'kept' }));
    expect((await hostTest([path, file, '--update'])).stdout).toMatch(/updated case\n[\s\S]*1 file updated\n$/);
    const written = JSON.parse(readFileSync(file, 'utf8')) as {
      comment: string;
      expect: { result: string; publishes: object[] };
    };
    expect(written).toMatchObject({ comment: 'kept', expect: { result: 'ok', publishes: [{ topic: 'out/a' }] } });
    const before = readFileSync(file, 'utf8');
    expect(await hostTest([path, file])).toMatchObject({ code: 0 });
    expect((await hostTest([path, file, '--update'])).stdout).toMatch(/ok {6}case\n/);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});
