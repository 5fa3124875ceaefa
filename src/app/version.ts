import { readFileSync } from 'node:fs';

/** This package's version, from its package.json: above `src/` in a checkout, above `dist/` in the published package. */
export function hostVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version?: string };
    if (version !== undefined) return version;
  }
  return 'unknown';
}
