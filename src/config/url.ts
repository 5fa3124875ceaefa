import { HostError } from '../errors.ts';
import type { BrokerAddress, Result } from '../types.ts';
import { maskUrl } from './secrets.ts';
import { nearest } from './suggest.ts';
import { orList } from './values.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string | undefined;
}

export interface BrokerUrl {
  readonly address: BrokerAddress;
  readonly credentials: Credentials | undefined;
}

export interface UrlFault {
  readonly expected: string;
  readonly hint?: string | undefined;
}

type Protocol = BrokerAddress['protocol'];

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  tcp: 'mqtt',
  mqtt: 'mqtt',
  mqtts: 'mqtts',
  ssl: 'mqtts',
  ws: 'ws',
  wss: 'wss',
};
/** Url schemes of the MQTT driver. */
export const MQTT_SCHEMES: readonly string[] = Object.keys(PROTOCOLS);
/** The ports registered with IANA for MQTT, and those of HTTP for WebSocket. */
const DEFAULT_PORTS: Readonly<Record<Protocol, number>> = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443, other: 0 };

function refuse(expected: string, hint?: string): Result<never, UrlFault> {
  return { ok: false, error: { expected, hint } };
}

function credentialsOf(url: URL): Result<Credentials | undefined, UrlFault> {
  if (url.username === '' && url.password === '') return { ok: true, value: undefined };
  if (url.username === '') return refuse('a user before the password in the url');
  try {
    const username = decodeURIComponent(url.username);
    const password = url.password === '' ? undefined : decodeURIComponent(url.password);
    return { ok: true, value: { username, password } };
  } catch {
    return refuse('user and password percent-encoded', 'write % as %25');
  }
}

function withoutCredentials(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}

/** A url as a driver with these schemes takes one. */
export function exampleUrl([scheme = 'tcp']: readonly string[]): string {
  return `${scheme}://localhost${Object.hasOwn(PROTOCOLS, scheme) ? ':1883' : ''}`;
}

/** What is wrong with the scheme, if the url has another than the driver's. */
function schemeFault(text: string, schemes: readonly string[]): UrlFault | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  const wanted = `a url that starts with ${orList(schemes.map((name) => `${name}://`))}`;
  if (scheme === undefined) return { expected: wanted, hint: `write the scheme too: "${exampleUrl(schemes)}"` };
  if (schemes.includes(scheme)) return undefined;
  const near = nearest(scheme, schemes) ?? ({ http: 'ws', https: 'wss', tls: 'mqtts' }[scheme] as string | undefined);
  return {
    expected: wanted,
    hint: near === undefined || !schemes.includes(near) ? undefined : `did you mean ${near}://?`,
  };
}

function pathOf(url: URL, protocol: Protocol): string | undefined {
  if (protocol === 'other') return url.pathname + url.search + url.hash;
  if (protocol === 'ws' || protocol === 'wss') return (url.pathname === '' ? '/' : url.pathname) + url.search;
  return url.pathname === '' || url.pathname === '/' ? (url.search === '' ? '' : undefined) : undefined;
}

/** Reads one broker url of a driver with these schemes. */
export function readBrokerUrl(text: string, schemes: readonly string[]): Result<BrokerUrl, UrlFault> {
  const fault = schemeFault(text, schemes);
  if (fault !== undefined) return { ok: false, error: fault };
  const url = URL.parse(text);
  if (url === null || url.hostname === '' || /\s/.test(text)) {
    const hint =
      'characters such as @ : / # ? in a user or password are percent-encoded (@ is %40); the port is at most 65535';
    return refuse(`a url with a host, such as "${exampleUrl(schemes)}"`, hint);
  }
  const scheme = url.protocol.slice(0, -1);
  const protocol = Object.hasOwn(PROTOCOLS, scheme) ? (PROTOCOLS[scheme] ?? 'other') : 'other';
  const port = url.port === '' ? DEFAULT_PORTS[protocol] : Number(url.port);
  if (url.port !== '' && port === 0) return refuse('a port from 1 to 65535 in the url');
  const path = pathOf(url, protocol);
  if (path === undefined || (url.hash !== '' && protocol !== 'other'))
    return refuse('a url that ends after the port', 'only ws:// and wss:// have a path');
  const credentials = credentialsOf(url);
  if (!credentials.ok) return credentials;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const display = withoutCredentials(text);
  return { ok: true, value: { address: { protocol, host, port, path, display }, credentials: credentials.value } };
}

/**
 * The address in one MQTT url, for urls that are not from a configuration file.
 * @throws HostError ERR_USAGE
 */
export function parseBrokerUrl(text: string): BrokerAddress {
  const result = readBrokerUrl(text, MQTT_SCHEMES);
  if (result.ok) return result.value.address;
  const { expected, hint } = result.error;
  const mend = hint === undefined ? '' : `\n  ${hint}`;
  throw new HostError('ERR_USAGE', `expected ${expected}, found "${maskUrl(text)}"${mend}`);
}
