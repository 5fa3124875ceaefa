import type { BindingConfig, HostConfig } from './model.ts';

interface PendingKey<T> {
  readonly key: string;
  /** Value from which on there is something to say; every written value, without it. */
  readonly when?: (config: T) => boolean;
  /** How the key is shown. */
  readonly shown?: string;
  /** What happens instead. */
  readonly instead?: string;
  /** Said of the default too. */
  readonly ofDefault?: string;
}

/** Keys that are parsed and not acted on yet. Whoever builds one deletes its line. */
const PENDING_OF_APP: readonly PendingKey<HostConfig>[] = [
  { key: 'state_max' },
  { key: 'guest.workers', when: (config) => config.guest.workers > 1, instead: 'one worker runs' },
  { key: 'telemetry.http' },
];

const PENDING_OF_BINDING: readonly PendingKey<BindingConfig>[] = [
  {
    key: 'transactional',
    when: (binding) => binding.transactional,
    instead: 'publishes are confirmed one by one',
    ofDefault: 'on by default at qos 2',
  },
  { key: 'dedup' },
  { key: 'dead_letter', instead: 'dead letters are kept in the journal only' },
  { key: 'on_stop', when: (binding) => binding.onStop === 'leave', shown: 'on_stop = "leave"' },
  { key: 'receive_timeout' },
];

function warningsOf<T>(config: HostConfig, pending: readonly PendingKey<T>[], subject: T, prefix: string): string[] {
  return pending.flatMap(({ key, when, shown = key, instead, ofDefault }) => {
    const written = config.origins.get(prefix + key)?.from === 'file';
    if (when?.(subject) === false || (!written && ofDefault === undefined)) return [];
    const state = written ? 'parsed, but' : `${ofDefault}, but`;
    return [
      `${prefix}${shown}: ${state} not acted on yet by this version${instead === undefined ? '' : `: ${instead}`}`,
    ];
  });
}

/** One warning for each key whose effect is still to be built. */
export function pendingWarnings(config: HostConfig): string[] {
  return [
    ...warningsOf(config, PENDING_OF_APP, config, ''),
    ...config.bindings.flatMap((binding) => warningsOf(config, PENDING_OF_BINDING, binding, `${binding.path}.`)),
  ];
}
