import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { QoS } from '../../../src/types.ts';
import { freePort } from '../../support/ports.ts';
import { findProgram, type SpawnedProcess, spawnProcess } from '../../support/process.ts';
import { node } from './processes.ts';

/** Where a consumer finds its messages. */
export interface Target {
  readonly port: number;
  readonly qos: QoS;
  /** Of this consumer alone; the same over its restarts. */
  readonly dir: string;
  /** Of transpiled components, shared by the runs of the benchmark, so that starts are warm. */
  readonly cache: string;
}

export interface RunningConsumer {
  readonly process: SpawnedProcess;
  /** Resolves when its subscription is there. */
  subscribed(): Promise<unknown>;
  /** Messages whose handler has returned so far. */
  handled(): Promise<number>;
}

/** Whatever takes messages: a peer or the host. */
export interface Consumer {
  readonly name: string;
  /** Run once, not in every round: it shows where the others stand, and no goal rests on it. */
  readonly once?: boolean;
  start(target: Target): Promise<RunningConsumer>;
  /** Leaves a session with its subscription at the broker, where `subscribed` cannot tell. */
  prepare?(target: Target): Promise<void>;
}

export interface HostSettings {
  /** Path of the component. */
  readonly guest: string;
  readonly durability?: 'power' | 'process';
  /** Further lines of the binding, of `[guest]`, and of the top. */
  readonly binding?: readonly string[];
  readonly guestTable?: readonly string[];
  readonly top?: readonly string[];
  /** How many bindings, all on the same topics; 1 unless told. */
  readonly bindings?: number;
  /** Of transpiled components, instead of the target's. */
  readonly cache?: string;
  /** Of Node. */
  readonly flags?: readonly string[];
  /** The journal as it is to be found, before the host starts. */
  fill?(stateDir: string): void;
}

/** What a consumer had done at a time, in milliseconds of this process, with how many seconds of CPU. */
export interface Snapshot {
  readonly at: number;
  readonly handled: number;
  readonly cpu: number;
}

const HANDLED = /^host_messages_handled_total\S* (\d+)/gm;

const page = async (port: number) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

async function ask(port: number): Promise<number> {
  return [...(await page(port)).matchAll(HANDLED)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** A file of `peers/` whose arguments are the url, its metrics port, the QoS and then `further`. */
export function peer(name: string, file: string, ...further: readonly string[]): Consumer {
  return {
    name,
    start: async ({ port, qos }) => {
      const metrics = await freePort();
      const program = node(`peers/${file}`, `mqtt://127.0.0.1:${port}`, String(metrics), String(qos), ...further);
      return {
        process: program,
        subscribed: () => program.waitFor('subscribed to'),
        handled: () => ask(metrics),
      };
    },
  };
}

function configuration({ port, qos }: Target, settings: HostSettings, metrics: number): string {
  const count = settings.bindings ?? 1;
  const capabilities = Array.from({ length: count }, (_, index) => [
    '[[capability.config]]',
    `name = "b${index}"`,
    `url = "tcp://127.0.0.1:${port}"`,
    `qos = ${qos}`,
    'topic = "bench/#"',
    ...(settings.binding ?? []),
  ]);
  return [
    'specversion = "0.2"',
    'name = "bench"',
    `durability = "${settings.durability ?? 'process'}"`,
    ...(settings.top ?? []),
    '[guest]',
    ...(settings.guestTable ?? []),
    '[telemetry]',
    `http = "127.0.0.1:${metrics}"`,
    '[[capability]]',
    'name = "pubsub.mqtt"',
    ...capabilities.flat(),
  ].join('\n');
}

/** The real command line with its journal and a guest. */
export function host(name: string, settings: HostSettings): Consumer {
  return {
    name,
    start: async (target) => {
      const metrics = await freePort();
      const file = join(target.dir, 'app.toml');
      const state = join(target.dir, 'state');
      settings.fill?.(state);
      const folders = [`cache_dir = "${settings.cache ?? target.cache}"`, `state_dir = "${state}"`];
      writeFileSync(file, configuration(target, { ...settings, top: [...(settings.top ?? []), ...folders] }, metrics));
      const bin = fileURLToPath(new URL('../../../host/bin.js', import.meta.url));
      const program = spawnProcess(process.execPath, [
        ...(settings.flags ?? []),
        bin,
        'run',
        file,
        settings.guest,
        '--log',
        'info',
      ]);
      const subscribed = () => program.waitFor(/subscribed to/, { timeout: 120_000 });
      return { process: program, subscribed, handled: () => ask(metrics) };
    },
  };
}

const quoted = (args: readonly string[]) => args.map((arg) => `'${arg}'`).join(' ');

/**
 * The floor: a C program that writes one byte a message into a file. Undefined where it is not installed.
 * @param protocol `311` where the broker sends more than its client allows (Mosquitto 2.0.11 at qos 2), which 5 ends
 */
export function mosquittoSub(protocol: '5' | '311'): Consumer | undefined {
  const program = findProgram('mosquitto_sub');
  if (program === undefined) return undefined;
  const version = protocol === '5' ? ['-V', '5', '-x', '600'] : ['-V', '311'];
  const args = ({ port, qos }: Target) =>
    quoted(['-h', '127.0.0.1', '-p', `${port}`, ...version, '-i', 'sub', '-c', '-q', `${qos}`, '-t', 'bench/#']);
  const shell = (command: string) => spawnProcess('/bin/sh', ['-c', command]);
  return {
    name: 'mosquitto_sub',
    start: async (target) => {
      const file = join(mkdtempSync(join(target.dir, 'sub-')), 'bytes');
      writeFileSync(file, '');
      const child = shell(`exec ${program} ${args(target)} -F x -N > '${file}'`);
      return { process: child, subscribed: async () => {}, handled: async () => statSync(file).size };
    },
    prepare: async (target) => {
      await shell(`exec ${program} ${args(target)} -E`).exited;
    },
  };
}
