import type { BrokerAddress, ConnectionOptions, TlsOptions, Will } from '../types.ts';
import { type bindingLevel, willLevel } from './levels.ts';
import { isLoopback } from './loopback.ts';
import type { KeyPath } from './paths.ts';
import { type Reading, readTable } from './read.ts';
import type { Source } from './source.ts';
import { readTls } from './tls.ts';
import { type BrokerUrl, type Credentials, exampleUrl, readBrokerUrl } from './url.ts';

export type BindingReading = Reading<typeof bindingLevel.spec>;

/**
 * Addresses that differ only in how they are spelt lead to one broker, and so do all names of this machine. What a
 * driver's own url means, only the driver knows.
 */
function brokerKey({ protocol, host, port, path, display }: BrokerAddress): string {
  if (protocol === 'other') return display;
  return `${isLoopback(host) ? 'localhost' : host.toLowerCase()}:${port}${path}`;
}

type Addressed = Pick<ConnectionOptions, 'addresses'>;

/** Whether two connections lead to one broker, as far as their addresses tell. */
export function sameBroker(a: Addressed, b: Addressed): boolean {
  const keys = new Set(a.addresses.map(brokerKey));
  return b.addresses.some((address) => keys.has(brokerKey(address)));
}

/** Whether every address is this machine. */
export function isLocal(connection: ConnectionOptions): boolean {
  return connection.addresses.every(({ host }) => isLoopback(host));
}

function urlPath(reading: BindingReading, index: number): KeyPath {
  const path = [...reading.path, 'url'];
  return Array.isArray(reading.table.url) ? [...path, index] : path;
}

function readUrls(source: Source, reading: BindingReading, schemes: readonly string[]): BrokerUrl[] {
  const urls: BrokerUrl[] = [];
  const seen = new Map<string, string>();
  for (const [index, text] of (reading.values.url ?? []).entries()) {
    const path = urlPath(reading, index);
    const result = readBrokerUrl(text, schemes);
    if (!result.ok) {
      const { expected, hint } = result.error;
      source.problem(path, { expected, found: source.found(text, path), hints: hint === undefined ? [] : [hint] });
      continue;
    }
    const { address } = result.value;
    const before = seen.get(brokerKey(address));
    if (before !== undefined)
      source.problem(path, {
        expected: 'different addresses in one list',
        found: `${address.display}, the same as ${before}`,
        hints: ['delete one of them'],
      });
    seen.set(brokerKey(address), address.display);
    urls.push(result.value);
  }
  return urls;
}

/** The user and password of the urls: all the same, or none. */
function urlCredentials(source: Source, reading: BindingReading, urls: readonly BrokerUrl[]): Credentials | undefined {
  const [first, ...others] = urls.map(({ credentials }) => credentials);
  const differs = others.some((each) => each?.username !== first?.username || each?.password !== first?.password);
  if (differs)
    source.problem([...reading.path, 'url'], {
      expected: 'the same user and password in every url of a list',
      found: 'different ones',
      hints: ['write username and password as keys of the binding: they hold for all urls'],
    });
  return first;
}

function readCredentials(
  source: Source,
  reading: BindingReading,
  urls: readonly BrokerUrl[],
): Pick<ConnectionOptions, 'username' | 'password'> {
  const { path, values, written } = reading;
  const inUrl = urlCredentials(source, reading, urls);
  for (const key of ['username', 'password'] as const) {
    if (inUrl === undefined || !written.has(key)) continue;
    source.problem([...path, key], {
      expected: `no ${key} beside a url that carries user and password`,
      found: 'both',
      hints: [`delete ${key}, or take user and password out of url`],
    });
  }
  if (inUrl !== undefined) {
    source.sameOrigin(
      [...path, 'url'],
      [
        [...path, 'username'],
        [...path, 'password'],
      ],
    );
    return { username: inUrl.username, password: inUrl.password };
  }
  if (written.has('password') && !written.has('username'))
    source.problem([...path, 'password'], {
      expected: 'username beside password',
      found: 'password alone',
      hints: ['MQTT 3.1.1 has no password without a user [MQTT-3.1.2-22]: write username'],
    });
  return { username: values.username, password: values.password };
}

function readTlsOf(source: Source, reading: BindingReading, urls: readonly BrokerUrl[]): TlsOptions | undefined {
  if (reading.values.tls === undefined) return undefined;
  const path = [...reading.path, 'tls'];
  const plain = urls.filter(({ address }) => address.protocol === 'mqtt' || address.protocol === 'ws');
  if (urls.length > 0 && plain.length === urls.length)
    source.problem(path, {
      expected: 'a url with mqtts:// or wss:// beside tls',
      found: urls.map(({ address }) => address.display).join(', '),
      hints: ['over tcp://, mqtt:// and ws:// nothing is encrypted: change the url, or delete tls'],
    });
  return readTls(source, path, reading.values.tls);
}

function readWill(source: Source, { path, values }: BindingReading): Will | undefined {
  if (values.will === undefined) return undefined;
  const will = readTable(source, [...path, 'will'], values.will, willLevel);
  if (!will.written.has('topic'))
    source.problem([...will.path, 'topic'], { expected: 'the topic of the will', found: 'nothing', hints: [] });
  return {
    topic: will.values.topic ?? '',
    payload: will.get('payload', ''),
    qos: will.get('qos', 0),
    retain: will.get('retain', false),
  };
}

/** The MQTT connection of a binding whose driver takes these url schemes. */
export function readConnection(source: Source, reading: BindingReading, schemes: readonly string[]): ConnectionOptions {
  if (!reading.written.has('url'))
    source.problem([...reading.path, 'url'], {
      expected: 'the url of a broker',
      found: 'nothing',
      hints: [`write url = "${exampleUrl(schemes)}"`],
    });
  const urls = readUrls(source, reading, schemes);
  return {
    addresses: urls.map(({ address }) => address),
    ...readCredentials(source, reading, urls),
    tls: readTlsOf(source, reading, urls),
    keepalive: reading.get('keepalive', 30_000),
    will: readWill(source, reading),
    protocol: reading.get('protocol', 5) === 5 ? 5 : 4,
  };
}
