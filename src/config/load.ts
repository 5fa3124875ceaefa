import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HostError, messageOf } from '../errors.ts';
import type { DriverInfo } from './binding.ts';
import { readCapabilities } from './capabilities.ts';
import type { AppDocument } from './document.ts';
import { deepFreeze } from './freeze.ts';
import { readGuest, readTelemetry } from './guest.ts';
import { topLevel } from './levels.ts';
import type { HostConfig, TelemetryConfig } from './model.ts';
import { nameBindings } from './names.ts';
import { configError } from './problems.ts';
import { type Reading, readTable } from './read.ts';
import { checkRules } from './rules.ts';
import { Source } from './source.ts';
import { type Environment, isTable } from './substitute.ts';

/** How a configuration is read. */
export interface LoadOptions {
  /** What `${env:…}` in a file reads; the process's own unless given. */
  readonly env?: Environment | undefined;
  /** `--state-dir`, relative to the working directory; wins over the file. */
  readonly stateDir?: string | undefined;
  /** `--log-format`; wins over the file. */
  readonly logFormat?: TelemetryConfig['logFormat'] | undefined;
  /** Drivers beside `pubsub.mqtt`, or in its place. */
  readonly drivers?: readonly DriverInfo[] | undefined;
  /** Where relative paths in an object start; the working directory unless given. In a file they start beside it. */
  readonly folder?: string | undefined;
}

type TopReading = Reading<typeof topLevel.spec>;

const DAY = 86_400_000;
/** How every WebAssembly file starts. */
const WASM_MAGIC = Buffer.from('\0asm');
const READ_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder; name the TOML file in it',
};

/** The file's base name as far as a name may have it. */
function nameOfFile(file: string): string {
  const name = basename(file, '.toml')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 64);
  return /^\.*$/.test(name) ? 'app' : name;
}

function readStateDir(source: Source, top: TopReading, name: string, flag: string | undefined): string {
  if (flag !== undefined) {
    source.origins.set('state_dir', { from: 'flag', flag: '--state-dir' });
    return resolve(flag);
  }
  const because = source.file === undefined ? 'in the folder of the configuration' : 'beside the TOML file';
  return resolve(source.folder, top.get('state_dir', `.host/${name}`, because));
}

function checkPresence(source: Source, top: TopReading): void {
  if (!top.written.has('specversion'))
    source.problem(['specversion'], {
      expected: 'specversion = "0.2"',
      found: 'nothing',
      hints: source.file === undefined ? [] : ['write it as the first line of the file'],
    });
  if (source.file === undefined && !top.written.has('name'))
    source.problem(['name'], {
      expected: "the app's name, which an object takes from no file",
      found: 'nothing',
      hints: ['it is in client ids, and the group of its queues'],
    });
  const none =
    top.values.capability === undefined ? !top.written.has('capability') : top.values.capability.length === 0;
  if (none)
    source.problem(['capability'], {
      expected: 'at least one [[capability]]',
      found: 'none',
      hints: ['write [[capability]] with name = "pubsub.mqtt", and [[capability.config]] below it'],
    });
}

function readApp(source: Source, options: LoadOptions): HostConfig {
  const top = readTable(source, [], source.root, topLevel);
  checkPresence(source, top);
  const name = top.get('name', nameOfFile(source.file ?? ''), "the file's name");
  const stateDir = readStateDir(source, top, name, options.stateDir);
  const cacheDir = top.get('cache_dir', undefined);
  const drafts = readCapabilities(source, top.values.capability ?? [], name, options.drivers ?? []);
  checkRules(source, {
    drafts,
    nameWritten: top.written.has('name'),
    stateDirWritten: top.written.has('state_dir') || options.stateDir !== undefined,
  });
  return {
    file: source.file,
    name,
    stateDir,
    stateMax: top.get('state_max', 2 ** 30),
    durability: top.get('durability', 'power'),
    deadLetterKeep: top.get('dead_letter_keep', 14 * DAY),
    drain: top.get('drain', 25_000),
    cacheDir: cacheDir === undefined ? undefined : resolve(source.folder, cacheDir),
    guest: readGuest(source, top.values.guest ?? {}),
    telemetry: readTelemetry(source, top.values.telemetry ?? {}, options.logFormat),
    bindings: drafts.map(({ binding }) => binding),
    origins: source.origins,
    warnings: source.warnings,
    secrets: [...source.secrets],
  };
}

/**
 * Reads a configuration from its text. `file` is where it came from: messages name it as given, and relative paths
 * start at its folder. Unnamed bindings are named by position; {@link nameBindings} does better with the journal's help.
 * @throws HostError ERR_CONFIG_SYNTAX, or ERR_CONFIG_INVALID with every problem in the file
 */
export function parseConfig(text: string, file: string, options: LoadOptions = {}): HostConfig {
  return read(Source.ofToml(text, file, options.env ?? process.env), options);
}

function read(source: Source, options: LoadOptions): HostConfig {
  const config = readApp(source, options);
  if (source.problems.length > 0) throw configError(source.shown, source.problems);
  return nameBindings(deepFreeze(config), []);
}

function parseObject(document: unknown, options: LoadOptions): HostConfig {
  if (isTable(document)) return read(Source.ofObject(document, resolve(options.folder ?? '')), options);
  const text = `config: expected the path of an app.toml, or an object with its keys, found ${document === null ? 'null' : typeof document}`;
  throw new HostError('ERR_CONFIG_INVALID', text);
}

/**
 * Reads a configuration: the file at a path or file URL, or an object with the keys and values of `app.toml`. In an
 * object nothing is put in for `${…}`.
 * @throws HostError ERR_CONFIG_READ, ERR_CONFIG_SYNTAX, or ERR_CONFIG_INVALID with every problem
 */
export async function loadConfig(config: string | URL | AppDocument, options: LoadOptions = {}): Promise<HostConfig> {
  if (typeof config === 'string') return loadFile(config, options);
  return config instanceof URL ? loadFile(fileURLToPath(config), options) : parseObject(config, options);
}

async function loadFile(file: string, options: LoadOptions): Promise<HostConfig> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (thrown) {
    const reason = READ_FAULTS[(thrown as NodeJS.ErrnoException).code ?? ''] ?? messageOf(thrown);
    throw new HostError('ERR_CONFIG_READ', `${file}: the configuration cannot be read: ${reason}`, { cause: thrown });
  }
  return parseConfig(decode(bytes, file), file, options);
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    const isWasm = bytes.subarray(0, WASM_MAGIC.length).equals(WASM_MAGIC);
    const found = isWasm ? 'it is WebAssembly; the TOML file is named first' : 'it is not UTF-8 text';
    throw new HostError('ERR_CONFIG_READ', `${file}: the configuration cannot be read: ${found}`, { cause: thrown });
  }
}
