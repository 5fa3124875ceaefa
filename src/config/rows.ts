import type { BindingConfig, HostConfig } from './model.ts';
import { formatPath } from './paths.ts';
import { formatDuration, formatSize } from './units.ts';

/** One value of the effective configuration. */
export interface Row {
  readonly key: string;
  readonly value: string;
  /** Key path under which its origin is known. */
  readonly path: string;
}

const NONE = '(none)';
const SECRET = '***';

const list = (items: readonly string[]) =>
  items.length === 0 ? '[]' : items.map((item) => JSON.stringify(item)).join(', ');
const optional = (value: string | undefined) => (value === undefined ? NONE : JSON.stringify(value));
const secret = (value: string | undefined) => (value === undefined ? NONE : SECRET);
const pem = (value: string | undefined) => (value === undefined ? NONE : `(${Buffer.byteLength(value)} bytes of PEM)`);

type Pair = readonly [key: string, value: string];

const rows = (prefix: string, pairs: readonly Pair[]): Row[] =>
  pairs.map(([key, value]) => ({ key, value, path: prefix + key }));

export function appRows(config: HostConfig): Row[] {
  return rows('', [
    ['name', config.name],
    ['state_dir', config.stateDir],
    ['state_max', formatSize(config.stateMax)],
    ['durability', config.durability],
    ['dead_letter_keep', formatDuration(config.deadLetterKeep)],
    ['drain', formatDuration(config.drain)],
    ['cache_dir', config.cacheDir ?? "(the user's cache folder)"],
  ]);
}

export function guestRows({ guest, origins }: HostConfig): Row[] {
  const env = Object.entries(guest.env).map(([name, value]): Row => {
    const path = formatPath(['guest', 'env', name]);
    const origin = origins.get(path);
    // What comes from outside the file was put there to keep it out of sight.
    const hidden = origin?.from === 'file' && origin.through.length > 0;
    return { key: formatPath(['env', name]), value: hidden ? SECRET : JSON.stringify(value), path };
  });
  return [
    ...rows('guest.', [
      ['memory', formatSize(guest.memory)],
      ['instances', `${guest.instances}`],
      ['workers', `${guest.workers}`],
      ['args', list(guest.args)],
    ]),
    ...env,
  ];
}

export function telemetryRows({ telemetry }: HostConfig): Row[] {
  const { http } = telemetry;
  const host = http?.host.includes(':') === true ? `[${http.host}]` : http?.host;
  return rows('telemetry.', [
    ['log', telemetry.log],
    ['log_format', telemetry.logFormat],
    ['http', http === undefined ? '(off)' : `${host}:${http.port}`],
  ]);
}

function connectionRows({ connection, clientId, name }: BindingConfig, app: string): Pair[] {
  const { tls, will } = connection;
  return [
    ['url', connection.addresses.map(({ display }) => display).join(', ')],
    ['protocol', connection.protocol === 5 ? '5, or 3.1.1 where the broker refuses 5' : '3.1.1'],
    ['client_id', clientId ?? `${app}-${name}-<instance>`],
    ['username', optional(connection.username)],
    ['password', secret(connection.password)],
    ['keepalive', formatDuration(connection.keepalive)],
    ...(tls === undefined ? [] : tlsRows(tls)),
    ...(will === undefined
      ? []
      : ([
          ['will.topic', optional(will.topic)],
          ['will.payload', optional(will.payload)],
          ['will.qos', `${will.qos}`],
          ['will.retain', `${will.retain}`],
        ] as const)),
  ];
}

function tlsRows(tls: NonNullable<BindingConfig['connection']['tls']>): Pair[] {
  return [
    ['tls.ca', pem(tls.ca)],
    ['tls.cert', pem(tls.cert)],
    ['tls.key', secret(tls.key)],
    ['tls.insecure', `${tls.insecure}`],
  ];
}

function subscriptionRows(binding: BindingConfig): Pair[] {
  const { retry } = binding;
  return [
    [binding.kind, list(binding.filters)],
    ...(binding.kind === 'queue' ? ([['group', JSON.stringify(binding.group)]] as const) : []),
    ['delivery', binding.delivery],
    ['on_message', binding.onMessage],
    ['on_stop', binding.onStop],
    ['max_in_flight', `${binding.maxInFlight}`],
    ['max_bytes_in_flight', formatSize(binding.maxBytesInFlight)],
    ['order', binding.order],
    ['timeout', formatDuration(binding.timeout)],
    ['retry.attempts', `${retry.attempts}`],
    ['retry.initial', formatDuration(retry.initial)],
    ['retry.max', formatDuration(retry.max)],
    ['retry.jitter', `${retry.jitter}`],
    ['dead_letter', optional(binding.deadLetter)],
    ['transactional', `${binding.transactional}`],
    ['receive_timeout', binding.receiveTimeout === undefined ? '(for ever)' : formatDuration(binding.receiveTimeout)],
    ['dedup', binding.dedup === undefined ? '(off)' : formatDuration(binding.dedup)],
  ];
}

export function bindingRows(binding: BindingConfig, app: string): Row[] {
  return rows(`${binding.path}.`, [
    ['name', binding.name],
    ...connectionRows(binding, app),
    ['qos', `${binding.qos}`],
    ['session_expiry', binding.sessionExpiry === 0 ? '(no session)' : formatDuration(binding.sessionExpiry)],
    ['publish', binding.publish === undefined ? '(everything except $…)' : list(binding.publish)],
    ['format', binding.format],
    ...(binding.kind === 'publish-only' ? [] : subscriptionRows(binding)),
  ]);
}
