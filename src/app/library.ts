import { fileURLToPath } from 'node:url';
import { type AppDocument, type HostConfig, loadConfig } from '../config/index.ts';
import { HostError } from '../errors.ts';
import type { HostStatus, Status, Telemetry } from '../status.ts';
import { combine, createTelemetry, StatusStreams, shield } from '../telemetry/index.ts';
import type { CommandEnd } from './command.ts';
import { type CoreOptions, composeHost, type HostCore } from './host.ts';

/** What {@link createHost} takes. */
export interface HostOptions extends Omit<CoreOptions, 'config' | 'component' | 'telemetry'> {
  /** Path or file URL of an `app.toml`, the same as an object, or what `loadConfig` made of either. */
  readonly config: string | URL | AppDocument | HostConfig;
  /** Path or file URL of the component. */
  readonly component: string | URL;
  /**
   * Takes the log line by line, at the level and in the format of the config's `[telemetry]` (`auto` is text).
   * Without it nothing is logged.
   */
  readonly log?: ((line: string) => void) | undefined;
  /** Told every status at once, synchronously, on the path of each message: {@link Host.status} is for the rest. */
  readonly telemetry?: Telemetry | undefined;
}

/** A host: one component, its configuration and its sessions. `await using` drains it. */
export interface Host extends HostCore, AsyncDisposable {
  /**
   * What happens from now on, of these kinds or of all, until the host has stopped. Each call is a reader of its own.
   * One that falls more than 1,000 statuses behind loses the oldest, and reads how many as `missed`.
   */
  status<K extends HostStatus['kind']>(...kinds: readonly K[]): AsyncIterableIterator<Status<K>, undefined>;
}

function isRead(config: HostOptions['config']): config is HostConfig {
  return typeof config === 'object' && config !== null && 'bindings' in config && 'origins' in config;
}

function pathOf(file: string | URL): string {
  return typeof file === 'string' ? file : fileURLToPath(file);
}

function tellOf(what: string): (error: string) => void {
  const text = `the ${what} given to createHost threw, and is not called any more`;
  return (error) => process.emitWarning(`${text}: ${error}`, { type: 'HostWarning' });
}

class LibraryHost implements Host {
  readonly #options: HostOptions;
  readonly #streams = new StatusStreams();
  readonly #failure = Promise.withResolvers<HostError>();
  readonly #finish = Promise.withResolvers<CommandEnd>();
  #composing: Promise<HostCore> | undefined;
  #core: HostCore | undefined;
  #starting: Promise<void> | undefined;
  #draining: Promise<void> | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  get failed(): Promise<HostError> {
    return this.#failure.promise;
  }

  get finished(): Promise<CommandEnd> {
    return this.#finish.promise;
  }

  get commandEnd(): CommandEnd | undefined {
    return this.#core?.commandEnd;
  }

  status<K extends HostStatus['kind']>(...kinds: readonly K[]): AsyncIterableIterator<Status<K>, undefined> {
    return this.#streams.open(...kinds);
  }

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  drain(reason = 'drain() was called'): Promise<void> {
    this.#draining ??= this.#drain(reason);
    return this.#draining;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain('disposed of');
  }

  async #start(): Promise<void> {
    if (this.#draining !== undefined)
      throw new HostError('ERR_USAGE', 'start() was called after drain(): a host runs once, create another one');
    this.#composing = this.#compose();
    const core = await this.#composing;
    await core.start();
  }

  async #compose(): Promise<HostCore> {
    const { config: given, component, log, telemetry, ...rest } = this.#options;
    const config = isRead(given) ? given : await loadConfig(given, { drivers: rest.drivers });
    const all = combine(this.#streams, ...this.#sinks(config));
    const core = composeHost({ ...rest, config, component: pathOf(component), telemetry: all });
    this.#core = core;
    for (const text of config.warnings) all.report({ kind: 'notice', level: 'warn', text });
    void core.finished.then(this.#finish.resolve);
    void core.failed.then((error) => {
      all.report({ kind: 'notice', level: 'error', text: error.message });
      this.#failure.resolve(error);
    });
    return core;
  }

  #sinks({ secrets, telemetry: { log: level, logFormat } }: HostConfig): Telemetry[] {
    const { log, telemetry } = this.#options;
    const format = logFormat === 'json' ? 'json' : 'text';
    const logger = log && createTelemetry({ level, format, color: false, secrets, write: log });
    return [
      ...(telemetry === undefined ? [] : [shield(telemetry, tellOf('telemetry'))]),
      ...(logger === undefined ? [] : [shield(logger, tellOf('log'))]),
    ];
  }

  async #drain(reason: string): Promise<void> {
    // Where the start failed, its caller knows.
    const core = await this.#composing?.catch(() => undefined);
    await core?.drain(reason);
    this.#streams.end();
  }
}

/**
 * Makes a host. Nothing happens before {@link HostCore.start}: no file is read, and every error is one of the start's.
 * It handles no signals and never ends the process, several can run in one, and once it is drained nothing of it keeps
 * the process alive.
 */
export function createHost(options: HostOptions): Host {
  return new LibraryHost(options);
}
