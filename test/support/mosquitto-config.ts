import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificates } from './certificates.ts';
import type { VersionRefusal } from './version-gate.ts';

export interface MosquittoOptions {
  /** Another Mosquitto than the installed one, and where its libraries are. */
  readonly program?: { readonly path: string; readonly libraries: string };
  /** The port of the plain listener; a free one unless told. */
  readonly port?: number;
  /** Refuses MQTT 5 with this code, `true` being 0x84. Holds for the plain listener. */
  readonly protocolOnly311?: true | VersionRefusal;
  /** Keeps sessions over `stop` and `restart`, in this directory, or with `true` in one of its own. */
  readonly persistence?: true | string;
  /** Users and passwords; without it anyone may connect. */
  readonly passwordFile?: Readonly<Record<string, string>>;
  /** Text of an ACL file. */
  readonly acl?: string;
  /** A second listener with TLS; `mutual` asks for a client certificate too. */
  readonly tls?: 'server' | 'mutual';
  /** A further listener that speaks WebSocket. */
  readonly websockets?: boolean;
  readonly maxQos?: 0 | 1;
  /** Lines for mosquitto.conf; listener settings among them are the plain listener's. */
  readonly extraConfig?: readonly string[];
}

export interface MosquittoPorts {
  /** What clients of the plain listener connect to. */
  readonly port: number;
  /** Where Mosquitto itself listens: another port only with `protocolOnly311`. */
  readonly brokerPort: number;
  readonly tlsPort: number | undefined;
  readonly wsPort: number | undefined;
}

/** A line as `mosquitto_passwd` writes it: PBKDF2 with SHA-512. */
function passwordLine(user: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, 'sha512');
  return `${user}:$7$101$${salt.toString('base64')}$${hash.toString('base64')}`;
}

function accessLines(directory: string, { passwordFile, acl }: MosquittoOptions): string[] {
  const lines = [`allow_anonymous ${passwordFile === undefined}`];
  if (passwordFile !== undefined) {
    const path = join(directory, 'passwords');
    const users = Object.entries(passwordFile).map(([user, password]) => passwordLine(user, password));
    writeFileSync(path, `${users.join('\n')}\n`, { mode: 0o600 });
    lines.push(`password_file ${path}`);
  }
  if (acl !== undefined) {
    const path = join(directory, 'acl');
    writeFileSync(path, acl, { mode: 0o600 });
    lines.push(`acl_file ${path}`);
  }
  return lines;
}

function persistenceLines(directory: string, { persistence }: MosquittoOptions): string[] {
  if (persistence === undefined) return ['persistence false'];
  const location = persistence === true ? join(directory, 'data') : persistence;
  mkdirSync(location, { recursive: true });
  return ['persistence true', `persistence_location ${location}/`];
}

function tlsLines(port: number, tls: MosquittoOptions['tls']): string[] {
  const { ca, server } = certificates;
  return [
    `listener ${port} 127.0.0.1`,
    `cafile ${ca.path}`,
    `certfile ${server.cert.path}`,
    `keyfile ${server.key.path}`,
    `require_certificate ${tls === 'mutual'}`,
  ];
}

/** Writes mosquitto.conf and the files that it names into `directory`; returns its path. */
export function writeMosquittoConfig(directory: string, ports: MosquittoPorts, options: MosquittoOptions): string {
  const limit = options.maxQos === undefined ? [] : [`max_qos ${options.maxQos}`];
  const lines = [
    // Without this line it drops its privileges when started by root and cannot read what is written here.
    'user root',
    'log_dest stderr',
    'log_type error',
    'log_type warning',
    'log_type notice',
    'log_type information',
    ...persistenceLines(directory, options),
    ...accessLines(directory, options),
    `listener ${ports.brokerPort} 127.0.0.1`,
    ...limit,
    ...(options.extraConfig ?? []),
    ...(ports.tlsPort === undefined ? [] : [...tlsLines(ports.tlsPort, options.tls), ...limit]),
    ...(ports.wsPort === undefined ? [] : [`listener ${ports.wsPort} 127.0.0.1`, 'protocol websockets', ...limit]),
  ];
  const path = join(directory, 'mosquitto.conf');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}
