import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { guestNames } from '../../../guests/build.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const GUESTS = fileURLToPath(new URL('../../../guests/', import.meta.url));

/** Guests that fail or wait on command, for tests. */
const FOR_TESTS = ['misbehaving', 'pulling', 'sync-reading'];

it.each(guestNames().filter((name) => !FOR_TESTS.includes(name)))('%s has a test, a README and an app.toml', (name) => {
  const test = join(HERE, `${name}.test.ts`);
  expect(existsSync(test), `no test/e2e/guests/${name}.test.ts`).toBe(true);
  // At least one test at both brokers.
  expect(readFileSync(test, 'utf8')).toMatch(new RegExp(`^describeGuest\\('${name}', \\{\\n  \\S`, 'm'));
  for (const file of ['README.md', 'app.toml']) expect(existsSync(join(GUESTS, name, file)), file).toBe(true);
});

it.each(guestNames())('%s is listed in guests/README.md', (name) => {
  expect(readFileSync(join(GUESTS, 'README.md'), 'utf8')).toContain(`| \`${name}/\` `);
});
