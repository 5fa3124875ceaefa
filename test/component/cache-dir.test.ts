import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveCacheDir } from '../../src/component/index.ts';
import { tempDirectory } from '../support/temp.ts';
import { syncGuest } from './support/guests.ts';
import { prepare } from './support/pool.ts';

test('the folder that the config names, made with mode 700', async () => {
  const path = join(tempDirectory(), 'a', 'b');
  expect(await resolveCacheDir(path, {}, '/nowhere')).toBe(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test('else that of XDG, else that of the home, else in state_dir', async () => {
  const [xdg, home, state] = [tempDirectory(), tempDirectory(), tempDirectory()];
  const place = (env: NodeJS.ProcessEnv) => resolveCacheDir(undefined, env, state);
  expect(await place({ XDG_CACHE_HOME: xdg, HOME: home })).toBe(join(xdg, 'wasi-pubsub-host'));
  expect(await place({ XDG_CACHE_HOME: 'relative', HOME: home })).toBe(join(home, '.cache/wasi-pubsub-host'));
  expect(await place({})).toBe(join(state, 'cache'));
});

test('a default place that cannot be made is passed over, a named one is not', async () => {
  const [file, state] = [join(tempDirectory(), 'file'), tempDirectory()];
  writeFileSync(file, '');
  expect(await resolveCacheDir(undefined, { HOME: file }, state)).toBe(join(state, 'cache'));
  await expect(resolveCacheDir(join(file, 'x'), {}, state)).rejects.toMatchObject({ code: 'ERR_CACHE_DIR' });
});

test.runIf(process.platform === 'linux')('a folder below one that takes no entries is refused', async () => {
  await expect(resolveCacheDir('/proc/a/b', {}, '/nowhere')).rejects.toMatchObject({ code: 'ERR_CACHE_DIR' });
});

test.each([0o770, 0o702])('a folder that others may write (%o) is refused', async (mode) => {
  const path = join(tempDirectory(), 'open');
  mkdirSync(path);
  chmodSync(path, mode);
  const refusal = { code: 'ERR_CACHE_DIR', message: expect.stringMatching(/written by another user .*chmod 700/) };
  await expect(resolveCacheDir(path, {}, '/nowhere')).rejects.toMatchObject(refusal);
  await expect(prepare(syncGuest(), 2 ** 20, path)).rejects.toMatchObject(refusal);
});
