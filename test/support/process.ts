import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { eventually } from './eventually.ts';

/** Absolute path of a program in PATH or in `further` directories. */
export function findProgram(name: string, further: readonly string[] = []): string | undefined {
  for (const directory of [...(process.env.PATH ?? '').split(delimiter), ...further]) {
    if (directory === '') continue;
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SpawnedProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  readonly running: boolean;
  stdout(): string;
  stderr(): string;
  /** Resolves with the match in stdout and stderr taken together; an error with both when it never comes. */
  waitFor(pattern: RegExp | string, options?: { readonly timeout?: number }): Promise<RegExpMatchArray>;
  /** Resolves with the exit once the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<Exit>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** With util-linux the kernel ends the child with its parent, even where that is killed; `exec` keeps the pid. */
const setpriv = process.platform === 'linux' ? findProgram('setpriv', ['/usr/bin']) : undefined;

const MAX_OUTPUT = 8 * 1024 * 1024;

function capture(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    text = (text + chunk).slice(-MAX_OUTPUT);
  });
  return () => text;
}

export interface SpawnOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly cwd?: string | undefined;
}

/** Starts a program that ends with this process, with its output captured. */
export function spawnProcess(program: string, args: readonly string[], options: SpawnOptions = {}): SpawnedProcess {
  const command = setpriv === undefined ? [program] : [setpriv, '--pdeathsig', 'KILL', program];
  const child = spawn(command[0] as string, [...command.slice(1), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${program}`);
  running.add(child);
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  const [stdout, stderr] = [capture(child.stdout), capture(child.stderr)];
  const output = () => `--- stdout of ${program}\n${stdout()}\n--- stderr\n${stderr()}`;
  return {
    pid,
    child,
    exited,
    stdout,
    stderr,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    waitFor: async (pattern, { timeout = 20_000 } = {}) => {
      const look = () => `${stdout()}\n${stderr()}`.match(pattern);
      let ended = false;
      const found = await eventually(
        () => {
          const match = look();
          if (match !== null || ended) return match ?? 'ended';
          if (child.exitCode !== null || child.signalCode !== null) void exited.then(() => (ended = true));
          throw new Error(`no ${pattern} within ${timeout} ms\n${output()}`);
        },
        { timeout },
      );
      if (found === 'ended') throw new Error(`${program} ended without ${pattern}\n${output()}`);
      return found;
    },
    kill: (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
}
