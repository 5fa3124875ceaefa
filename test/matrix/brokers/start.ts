import type { RunningBroker } from '../../support/brokers.ts';
import type { Command } from './process-broker.ts';

// What starts a broker ends it with its test, and so loads under vitest alone: the runner only prepares them.

/** Starts what `command` says with a free port and a fresh directory. */
export async function startProcessBroker(
  label: string,
  command: (port: number, directory: string) => Command,
): Promise<RunningBroker> {
  const { openProcessBroker } = await import('./process-broker.ts');
  return openProcessBroker(label, command);
}

export async function startMosquitto(program: { path: string; libraries: string }): Promise<RunningBroker> {
  const { startDurableMosquitto } = await import('../../support/mosquitto.ts');
  return startDurableMosquitto([], program);
}
