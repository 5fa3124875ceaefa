import type { RunningBroker } from '../../support/brokers.ts';
import { atEnd } from '../../support/cleanup.ts';
import { eventually } from '../../support/eventually.ts';
import { accepts, freePort } from '../../support/ports.ts';
import { type SpawnedProcess, spawnProcess } from '../../support/process.ts';
import { makeDirectory, removeDirectory } from '../../support/temp.ts';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** A JVM on a loaded machine, in milliseconds. */
const STARTS_WITHIN = 120_000;
const ENDS_WITHIN = 60_000;

/** A broker whose command takes a port and a directory. */
class ProcessBroker implements RunningBroker {
  readonly port: number;
  readonly #command: Command;
  readonly #directory: string;
  #process: SpawnedProcess | undefined;

  constructor(port: number, command: Command, directory: string) {
    this.port = port;
    this.#command = command;
    this.#directory = directory;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async launch(): Promise<void> {
    const { program, args } = this.#command;
    const started = spawnProcess(program, args);
    this.#process = started;
    await eventually(() => !started.running || accepts(this.port), { timeout: STARTS_WITHIN });
    if (started.running) return;
    await started.exited;
    throw new Error(`${program} ended at its start:\n${started.stdout()}${started.stderr()}`.slice(-4_000));
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const ending = this.#process;
    if (ending === undefined) return;
    const timer = setTimeout(() => void ending.kill('SIGKILL'), ENDS_WITHIN);
    await ending.kill(signal);
    clearTimeout(timer);
  }

  kill(): Promise<void> {
    return this.stop('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.launch();
  }

  async remove(): Promise<void> {
    await this.kill();
    removeDirectory(this.#directory);
  }
}

/** Starts what `command` says with a free port and a fresh directory. */
export async function openProcessBroker(
  label: string,
  command: (port: number, directory: string) => Command,
): Promise<RunningBroker> {
  const [port, directory] = [await freePort(), makeDirectory(label)];
  const broker = new ProcessBroker(port, command(port, directory), directory);
  atEnd(() => broker.remove());
  await broker.launch();
  return broker;
}
