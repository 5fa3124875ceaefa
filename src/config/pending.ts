import type { HostConfig } from './model.ts';

interface PendingKey<T> {
  readonly key: string;
  /** Value from which on there is something to say; every written value, without it. */
  readonly when?: (config: T) => boolean;
  /** What happens instead. */
  readonly instead?: string;
}

/** Keys that are parsed and not acted on yet. Whoever builds one deletes its line. */
const PENDING_OF_APP: readonly PendingKey<HostConfig>[] = [
  { key: 'guest.workers', when: (config) => config.guest.workers > 1, instead: 'one worker runs' },
];

function warningsOf<T>(config: HostConfig, pending: readonly PendingKey<T>[], subject: T, prefix: string): string[] {
  return pending.flatMap(({ key, when, instead }) => {
    if (config.origins.get(prefix + key)?.from !== 'file' || when?.(subject) === false) return [];
    const text = `${prefix}${key}: parsed, but not acted on yet by this version`;
    return [instead === undefined ? text : `${text}: ${instead}`];
  });
}

/** One warning for each key whose effect is still to be built. */
export function pendingWarnings(config: HostConfig): string[] {
  return warningsOf(config, PENDING_OF_APP, config, '');
}
