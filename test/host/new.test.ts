import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { LANGUAGE_NAMES } from '../../host/languages.ts';
import { loadConfig } from '../../src/config/index.ts';
import { tempDirectory } from '../support/temp.ts';
import { command } from './command.ts';

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

describe.each(LANGUAGE_NAMES)('host new --lang %s', (lang) => {
  it('writes a whole guest whose name is filled in, with an app that is valid', async () => {
    const folder = join(tempDirectory('new'), 'my-shop_2');
    const { code, stdout, stderr } = await command(['new', folder, '--lang', lang]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/README\.md says more/);
    const files = filesIn(folder);
    expect(files).toEqual(expect.arrayContaining(['.gitignore', 'README.md', 'app.toml', 'fixtures/greets.json']));
    for (const file of files.filter((name) => !/\.(o|wasm)$/.test(name)))
      expect(readFileSync(join(folder, file), 'utf8'), file).not.toContain('{{');
    const config = await loadConfig(join(folder, 'app.toml'), { env: {} });
    expect(config.name).toBe('my-shop_2');
    expect(config.bindings[0]).toMatchObject({ filters: ['my-shop_2/names'], publish: ['my-shop_2/greetings'] });
    const source = files.filter((file) => /(main|lib|app)\.(ts|js|rs|py|c|go)$/.test(file));
    expect(source).toHaveLength(1);
    expect(readFileSync(join(folder, source[0] ?? ''), 'utf8')).toContain('my-shop_2/greetings');
  });
});

describe('host new', () => {
  it('takes a folder that is there and empty', async () => {
    const folder = join(tempDirectory('new'), 'shop');
    mkdirSync(folder);
    expect((await command(['new', folder, '--lang', 'js'])).code).toBe(0);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
    // Everything it needs lies beside this host, so that nothing has to be installed.
    expect(manifest).toEqual({ name: 'shop', private: true, type: 'module' });
  });

  it('names the checkout by its path where npx would fetch a foreign package called host', async () => {
    const within = mkdtempSync(join(import.meta.dirname, '.tmp-new-'));
    try {
      const js = await command(['new', join(within, 'shop'), '--lang', 'js']);
      expect(js.stdout).toMatch(/ {2}\S+ \S+bin\.js build\n/);
      expect(js.stdout).not.toContain('npx host');
      // Without a package.json of its own, npx finds the checkout's.
      const c = await command(['new', join(within, 'other'), '--lang', 'c']);
      expect(c.stdout).toContain('  npx host run app.toml');
    } finally {
      rmSync(within, { recursive: true });
    }
  });

  test.each([
    [['shop'], /--lang: expected ts, js, rust, python, c or go, found nothing/],
    [['shop', '--lang', 'cobol'], /--lang: expected ts, js, .*found "cobol"/],
    [['Shop', '--lang', 'ts'], /the folder's name becomes the app's: expected lower case letters.*found "Shop"/],
    [['1shop', '--lang', 'ts'], /found "1shop"/],
    [['s'.repeat(65), '--lang', 'ts'], /at most 64/],
    [['full', '--lang', 'ts'], /"[^"]*full" is not empty: .*found a and 1 more/],
    [['file', '--lang', 'ts'], /"[^"]*file" is a file/],
    [['file/below', '--lang', 'ts'], /"[^"]*below" cannot be written: .*ENOTDIR/],
  ])('%j is refused, and nothing is written', async ([name = '', ...options], expected) => {
    const folder = tempDirectory('new');
    mkdirSync(join(folder, 'full'));
    for (const file of ['full/a', 'full/b', 'file']) writeFileSync(join(folder, file), 'x');
    const before = filesIn(folder);
    const { code, stderr } = await command(['new', join(folder, name), ...options]);
    expect(stderr).toMatch(expected);
    expect(code).toBe(2);
    expect(filesIn(folder)).toEqual(before);
  });
});
