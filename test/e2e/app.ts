import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGuest } from '../../guests/build.ts';
import { spawnHost } from '../support/cli.ts';
import type { SpawnedProcess } from '../support/process.ts';
import { tempDirectory } from '../support/temp.ts';

export interface BindingText {
  readonly url: string;
  /** Further lines of the binding's table. */
  readonly lines?: readonly string[];
}

/** An `app.toml` of one capability, each binding as its lines. */
export function appToml(bindings: readonly BindingText[], top: readonly string[] = ['name = "e2e"']): string {
  const tables = bindings.flatMap(({ url, lines = [] }) => ['', '[[capability.config]]', `url = "${url}"`, ...lines]);
  return ['specversion = "0.2"', ...top, '', '[[capability]]', 'name = "pubsub.mqtt"', ...tables, ''].join('\n');
}

/** A folder with an `app.toml` and the `.host` of its runs, as an operator has it. */
export class App {
  readonly directory: string;
  readonly file: string;
  readonly toml: string;

  constructor(toml: string, directory = tempDirectory('app')) {
    this.toml = toml;
    this.directory = directory;
    this.file = join(directory, 'app.toml');
    this.write(toml);
  }

  write(toml: string): void {
    writeFileSync(this.file, toml);
  }

  /** Starts `host run` with text logs of everything that happens; a sample guest is built if need be. */
  async run(guest: string, args: readonly string[] = []): Promise<SpawnedProcess> {
    const path = guest.endsWith('.wasm') ? guest : (await buildGuest(guest)).path;
    return spawnHost(['run', this.file, path, '--log', 'trace', '--log-format', 'text', ...args]);
  }

  /** Starts it and waits until `bindings` of them are subscribed or have their session back. */
  async serve(guest: string, args: readonly string[] = []): Promise<SpawnedProcess> {
    const host = await this.run(guest, args);
    await host.waitFor(/ started with /);
    await host.waitFor(/subscriber connected/);
    return host;
  }
}
