import { HostError } from '../src/early.ts';

/** Exit codes, as documented in `host --help`. */
export const EXIT = { ok: 0, other: 1, usage: 2, component: 3, broker: 4 } as const;

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof HostError)) return EXIT.other;
  const area = error.code.split('_')[1];
  if (area === 'USAGE' || area === 'CONFIG') return EXIT.usage;
  if (area === 'COMPONENT') return EXIT.component;
  if (area === 'BROKER') return EXIT.broker;
  return EXIT.other;
}
