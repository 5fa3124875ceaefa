import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGuest } from '../../../guests/build.ts';
import { type JournalView, readJournal } from '../../../src/journal/index.ts';
import { App, appToml } from '../../e2e/app.ts';
import { spawnHost } from '../../support/cli.ts';
import type { SpawnedProcess } from '../../support/process.ts';
import { tempDirectory } from '../../support/temp.ts';
import type { ChaosProxy } from '../chaos-proxy.ts';
import { sumOf, type UnderWay } from '../under-way.ts';
import { outputPrefixes } from './inputs.ts';
import type { Plan } from './plan.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

const CLOCK = new URL('./clock.ts', import.meta.url).href;

/** More than a command publishes. */
const NUMBERS = 1_000_000;

const RETRY = 'retry = { attempts = 3, initial = "50ms", jitter = 0 }';

function bindingLines(plan: Plan, prefix: string, index: number, leaves: boolean): string[] {
  const { guest, qos, share, protocol, failing } = plan;
  const pulls = guest === 'pull' || guest === 'stream';
  const subscribes = guest === 'push' || (pulls && index === 0);
  return [
    `name = "at${index}"`,
    `qos = ${qos}`,
    `protocol = ${protocol === 5 ? '5' : '"3.1.1"'}`,
    `publish = ["${outputPrefixes(prefix, plan)[index]}+"]`,
    'keepalive = "2s"',
    ...(subscribes ? [`${share} = "${prefix}/in/+"`, RETRY, `timeout = "${failing ? 2 : 30}s"`] : []),
    ...(subscribes && pulls ? ['delivery = "pull"'] : []),
    ...(leaves && subscribes && qos > 0 ? ['on_stop = "leave"'] : []),
  ];
}

export interface ReplicaOptions {
  /** Hands its queue's share over when it is stopped. */
  readonly leaves?: boolean;
  /** Further lines of the top level of app.toml. */
  readonly top?: readonly string[];
}

/** One host of the app: the same command line again and again on one `state_dir`, behind proxies of its own. */
export class Replica {
  readonly #plan: Plan;
  readonly #prefix: string;
  readonly #app: App;
  readonly proxies: readonly ChaosProxy[];
  readonly disk: SmallDisk | undefined;
  readonly stateDir: string;
  /** Resolves when its disk has room. */
  room: Promise<void> = Promise.resolve();
  readonly #clock = join(tempDirectory('clock'), 'offset');
  readonly #logs: string[] = [];
  #process: SpawnedProcess | undefined;
  /** It left for good. */
  gone = false;
  /** Ended by the test, so that its end is none of its own. */
  #ending = false;
  /** Ended by itself, with this code. */
  surprise: string | undefined;
  /** Of a command: the numbers whose publish it said had returned ok. */
  readonly published = new Set<number>();

  constructor(
    plan: Plan,
    prefix: string,
    proxies: readonly ChaosProxy[],
    { leaves = false, top = [] }: ReplicaOptions = {},
  ) {
    this.#plan = plan;
    this.#prefix = prefix;
    this.proxies = proxies;
    const needsDisk = plan.faults.some(({ kind }) => kind === 'disk-full');
    this.disk = needsDisk ? mountSmallDisk() : undefined;
    const bindings = proxies.map(({ url }, index) => ({ url, lines: bindingLines(plan, prefix, index, leaves) }));
    this.#app = new App('');
    this.jump(0);
    this.stateDir = join(this.disk?.directory ?? this.#app.directory, 'state');
    this.#toml = (steps) =>
      appToml(bindings, ['name = "trial"', 'drain = "15s"', ...top, '[guest]', `args = ${JSON.stringify(steps)}`]);
  }

  readonly #toml: (steps: readonly string[]) => string;

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get running(): boolean {
    return this.#process?.running === true;
  }

  #steps(): string[] {
    const { guest, messages } = this.#plan;
    const prefixes = outputPrefixes(this.#prefix, this.#plan);
    const to = prefixes[prefixes.length - 1] ?? '';
    if (guest === 'pull') return [`echo ${this.#prefix}/in/+ ${to}`];
    if (guest === 'stream') return [`echo-stream ${this.#prefix}/in/+ ${to}`];
    // Of what a killed command had published, the last ones may not be in its log: no number is used twice.
    const first = this.#logs.length * NUMBERS;
    return guest === 'command' ? [`number ${prefixes.join(',')} ${first} ${first + messages}`] : [];
  }

  async start(): Promise<SpawnedProcess> {
    await this.room;
    const { path } = await buildGuest(this.#plan.guest === 'push' ? 'misbehaving' : 'pulling');
    this.#app.write(this.#toml(this.#steps()));
    this.#ending = false;
    const args = ['run', this.#app.file, path, '--state-dir', this.stateDir, '--log', 'info', '--log-format', 'text'];
    const process = spawnHost(args, { env: { NODE_OPTIONS: `--import ${CLOCK}`, CHAOS_CLOCK: this.#clock } });
    this.#process = process;
    const number = this.#logs.push('') - 1;
    void process.exited.then(({ code, signal }) => {
      this.#logs[number] = process.stderr();
      for (const [, n] of process.stderr().matchAll(/published (\d+)/g)) this.published.add(Number(n));
      if (this.#ending || (this.#plan.guest === 'command' && code === 0)) return;
      this.surprise ??= `a host ended by itself with ${code ?? signal}`;
    });
    return process;
  }

  /** Resolves once it serves: a signal before that ends it as it ends any process. */
  async started(): Promise<void> {
    await this.#process?.waitFor(/ started with /, { timeout: 60_000 });
  }

  /** Starts it and waits until it has its subscriptions. */
  async serve(): Promise<void> {
    const process = await this.start();
    await this.started();
    const subscribed = this.#plan.guest === 'push' ? this.proxies.length : 1;
    if (this.#plan.guest !== 'command') await process.waitFor(new RegExp(`(subscribed to[\\s\\S]*){${subscribed}}`));
  }

  /** What was under way when it was killed. */
  async kill(): Promise<UnderWay> {
    await this.#end('SIGKILL');
    return sumOf(await Promise.all(this.proxies.map((proxy) => proxy.atDeath())));
  }

  get underWay(): UnderWay {
    return sumOf(this.proxies.map((proxy) => proxy.underWay));
  }

  /** Ends it as an operator does; resolves with its exit code. */
  async stop(): Promise<number | null> {
    await this.started();
    const { code } = await this.#end('SIGTERM');
    await Promise.all(this.proxies.map((proxy) => proxy.atDeath()));
    return code;
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM') {
    const process = this.#process;
    if (process === undefined) throw new Error('the host was never started');
    this.#ending = true;
    const exit = await process.kill(signal);
    return exit;
  }

  /** The command has ended by itself. */
  async finished(): Promise<void> {
    await this.#process?.exited;
  }

  jump(milliseconds: number): void {
    writeFileSync(this.#clock, String(milliseconds));
  }

  read<T>(look: (journal: JournalView) => T): T {
    const journal = readJournal(this.stateDir);
    try {
      return look(journal);
    } finally {
      journal.close();
    }
  }

  logs(): string {
    const all = this.running ? [...this.#logs.slice(0, -1), this.#process?.stderr() ?? ''] : this.#logs;
    return all.map((log, index) => `--- run ${index} of ${all.length}\n${log.slice(-6_000)}`).join('\n');
  }
}
