import { type HostConfig, type JournalView, loadConfig, nameBindings, readJournal } from '../src/cli.ts';
import type { CommandLine } from './arguments.ts';

/** An app looked at from outside, running or stopped. */
export interface OpenApp {
  /** With the names that the running app gives its bindings. */
  readonly config: HostConfig;
  readonly journal: JournalView;
}

/**
 * Loads the app's configuration and opens its journal for as long as `use` runs.
 * @throws HostError ERR_CONFIG_…, and ERR_STATE_DIR where no app has run yet
 */
export async function withApp<T>(line: CommandLine, file: string, use: (app: OpenApp) => T | Promise<T>): Promise<T> {
  const config = await loadConfig(file, { stateDir: line.stateDir });
  const journal = readJournal(config.stateDir);
  try {
    return await use({ config: nameBindings(config, journal.sessions()), journal });
  } finally {
    journal.close();
  }
}
