import { env } from 'node:process';
import { describe } from 'vitest';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { type MosquittoOptions, type MosquittoPorts, writeMosquittoConfig } from './mosquitto-config.ts';
import { accepts, freePort } from './ports.ts';
import { findProgram, type SpawnedProcess, spawnProcess } from './process.ts';
import { makeDirectory, removeDirectory } from './temp.ts';
import { startVersionGate, type VersionGate } from './version-gate.ts';

export type { MosquittoOptions } from './mosquitto-config.ts';

const READY = /mosquitto version \S+ running/;
const TAKEN = /Address already in use/;
const START_TIMEOUT = 10_000;

export function mosquittoPath(): string | undefined {
  return findProgram('mosquitto', ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin']);
}

/** A `describe` that is skipped, and says why, where Mosquitto is not installed. */
export function describeWithMosquitto(name: string, tests: () => void): void {
  if (mosquittoPath() === undefined) describe.skip(`${name} (skipped: mosquitto is not installed)`, tests);
  else describe(name, tests);
}

class PortTaken extends Error {}

interface Run {
  readonly process: SpawnedProcess;
  readonly gate: VersionGate | undefined;
}

async function launch(config: string, ports: MosquittoPorts, options: MosquittoOptions): Promise<Run> {
  const program = options.program?.path ?? mosquittoPath();
  if (program === undefined) throw new Error('mosquitto is not installed');
  const libraries = options.program && { LD_LIBRARY_PATH: options.program.libraries };
  const process = spawnProcess(program, ['-c', config], { env: { ...env, ...libraries } });
  try {
    await eventually(
      async () => {
        if (!process.running) return true;
        return READY.test(process.stderr()) && (await accepts(ports.brokerPort));
      },
      { timeout: START_TIMEOUT },
    );
    if (!process.running) {
      await process.exited;
      if (TAKEN.test(process.stderr())) throw new PortTaken(process.stderr());
      throw new Error(`mosquitto ended at its start:\n${process.stderr()}`);
    }
    const refusal = options.protocolOnly311;
    if (refusal === undefined) return { process, gate: undefined };
    const gate = await startVersionGate(ports.port, ports.brokerPort, refusal === true ? 0x84 : refusal);
    return { process, gate };
  } catch (error) {
    await process.kill('SIGKILL');
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? new PortTaken(String(error)) : error;
  }
}

async function choosePorts(options: MosquittoOptions): Promise<MosquittoPorts> {
  const port = options.port ?? (await freePort());
  return {
    port,
    brokerPort: options.protocolOnly311 === undefined ? port : await freePort(),
    tlsPort: options.tls === undefined ? undefined : await freePort(),
    wsPort: options.websockets === true ? await freePort() : undefined,
  };
}

/** A Mosquitto on 127.0.0.1, removed at the end of the test (or of the file, from `beforeAll`). */
export class Mosquitto {
  readonly port: number;
  readonly tlsPort: number | undefined;
  readonly wsPort: number | undefined;
  /** Of the plain listener. */
  readonly url: string;
  readonly #ports: MosquittoPorts;
  readonly #options: MosquittoOptions;
  readonly #directory: string;
  readonly #config: string;
  #run: Run;
  #earlier = '';

  constructor(directory: string, config: string, ports: MosquittoPorts, options: MosquittoOptions, run: Run) {
    this.port = ports.port;
    this.tlsPort = ports.tlsPort;
    this.wsPort = ports.wsPort;
    this.url = `mqtt://127.0.0.1:${ports.port}`;
    this.#ports = ports;
    this.#options = options;
    this.#directory = directory;
    this.#config = config;
    this.#run = run;
  }

  get pid(): number {
    return this.#run.process.pid;
  }

  /** Everything that it logged, over its restarts. */
  log(): string {
    return this.#earlier + this.#run.process.stderr();
  }

  /** Ends it as an operator would: with `persistence` it saves its state. May be followed by {@link restart}. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#run.process.kill(signal);
    await this.#run.gate?.close();
  }

  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** The same ports, persistence and options again, after a {@link stop} if it still runs. */
  async restart(): Promise<void> {
    await this.stop();
    const earlier = this.log();
    this.#run = await eventually(() => launch(this.#config, this.#ports, this.#options));
    this.#earlier = earlier;
  }

  /** Ends it and removes its files. */
  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    removeDirectory(this.#directory);
  }
}

export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const directory = makeDirectory('mosquitto');
  try {
    for (let tries = 1; ; tries++) {
      const ports = await choosePorts(options);
      const config = writeMosquittoConfig(directory, ports, options);
      try {
        const run = await launch(config, ports, options);
        const mosquitto = new Mosquitto(directory, config, ports, options, run);
        atEnd(() => mosquitto.remove());
        return mosquitto;
      } catch (error) {
        if (!(error instanceof PortTaken) || options.port !== undefined || tries === 5) throw error;
      }
    }
  } catch (error) {
    removeDirectory(directory);
    throw error;
  }
}

/** With the settings of the README. */
export function startDurableMosquitto(extraConfig: readonly string[] = [], program?: MosquittoOptions['program']) {
  const lines = ['max_queued_messages 0', ...extraConfig];
  return startMosquitto({ persistence: true, extraConfig: lines, ...(program === undefined ? {} : { program }) });
}
