import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { missingOf, TOOLCHAINS } from '../../guests/toolchains.ts';
import { tempDirectory } from '../support/temp.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A PATH that has make, wasm-tools, and this `go`. */
function pathWith(go: string | undefined): void {
  const folder = tempDirectory('path');
  const program = (name: string, text: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  program('make', 'true');
  program('wasm-tools', 'true');
  if (go !== undefined) program('go', go);
  vi.stubEnv('PATH', folder);
}

it.each([
  ['echo go1.24.0', []],
  ['echo go1.26.6', []],
  ['echo go2.0', []],
  ['echo go1.27rc1', []],
  ['echo go1.23.12', ['go 1.24 or newer']],
  ['echo go1.19.8', ['go 1.24 or newer']],
  ['exit 1', ['go 1.24 or newer']],
  [undefined, ['go 1.24 or newer']],
])('looks at the version of Go: %s', (go, missing) => {
  pathWith(go);
  expect(missingOf(TOOLCHAINS.go)).toEqual(missing);
});
