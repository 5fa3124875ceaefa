import { fileURLToPath } from 'node:url';
import { buildGuest } from '../../guests/build.ts';
import { App, appToml } from '../e2e/app.ts';
import { atEnd } from '../support/cleanup.ts';
import { within } from '../support/eventually.ts';
import { type SpawnedProcess, spawnProcess } from '../support/process.ts';

const BIN = fileURLToPath(new URL('../../host/bin.js', import.meta.url));

export interface ChaosAppOptions {
  readonly url: string;
  /** Lines of the binding, without its url. */
  readonly lines: readonly string[];
  readonly top?: readonly string[];
}

/** An app of one binding that is started again and again on the same `state_dir`. */
export class ChaosApp {
  readonly app: App;
  /** Every host that was started, in order. */
  readonly hosts: SpawnedProcess[] = [];

  constructor({ url, lines, top = [] }: ChaosAppOptions) {
    this.app = new App(appToml([{ url, lines }], ['name = "chaos"', ...top]));
  }

  get stateDir(): string {
    return `${this.app.directory}/.host/chaos`;
  }

  /** Starts the command line, to be killed at `failpoint` if one is given (`name` or `name:hit`). */
  async start(failpoint?: string, log = 'info'): Promise<SpawnedProcess> {
    const { path } = await buildGuest('misbehaving');
    const args = [BIN, 'run', this.app.file, path, '--log', log, '--log-format', 'text'];
    const env = failpoint === undefined ? process.env : { ...process.env, HOST_FAILPOINT: failpoint };
    const host = spawnProcess(process.execPath, ['--conditions=failpoints', ...args], { env });
    atEnd(() => (host.running ? host.kill('SIGKILL') : host.exited));
    this.hosts.push(host);
    return host;
  }

  /** The same, and waits until its session is there. */
  async serve(failpoint?: string, log?: string): Promise<SpawnedProcess> {
    const host = await this.start(failpoint, log);
    await host.waitFor(/subscribed to|subscriber connected.*session resumed/);
    return host;
  }

  /** What all the hosts wrote: for the message of a failed test. */
  logs(): string {
    return this.hosts.map((host, index) => `--- host ${index}\n${host.stderr().slice(-4_000)}`).join('\n');
  }
}

/** Resolves once the host has killed itself at its failpoint; fails where it never comes there. */
export async function diesAt(host: SpawnedProcess, failpoint: string, timeout = 60_000): Promise<void> {
  const [name] = failpoint.split(':');
  const { signal } = await within(
    host.exited,
    timeout,
    () => `the host comes to failpoint ${failpoint}\n${host.stderr().slice(-4_000)}`,
  );
  if (signal !== 'SIGKILL' || !host.stderr().includes(`killed at failpoint ${name}\n`))
    throw new Error(`the host ended before failpoint ${failpoint}\n${host.stderr().slice(-4_000)}`);
}

/** Ends it as an operator does; fails unless it drained and ended with 0. */
export async function drained(host: SpawnedProcess, timeout = 30_000): Promise<void> {
  const { code, signal } = await within(host.kill('SIGTERM'), timeout, () => `the host drains\n${host.stderr()}`);
  if (code !== 0 || signal !== null)
    throw new Error(`the host ended with ${code ?? signal} on SIGTERM\n${host.stderr().slice(-4_000)}`);
}
