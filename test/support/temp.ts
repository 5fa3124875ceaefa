import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './cleanup.ts';

/** A fresh directory whose owner removes it with {@link removeDirectory}. */
export function makeDirectory(label = 'test'): string {
  return mkdtempSync(join(tmpdir(), `wasi-pubsub-host-${label}-`));
}

export function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

/** A fresh directory, removed at the end of the test (or of the file, from `beforeAll`). */
export function tempDirectory(label?: string): string {
  const path = makeDirectory(label);
  atEnd(() => removeDirectory(path));
  return path;
}
