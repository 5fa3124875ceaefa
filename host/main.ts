import { HostError, hostVersion, messageOf, startGuestThread } from '../src/early.ts';
import { type Command, type CommandLine, parseCommandLine } from './arguments.ts';
import { EXIT, exitCodeOf } from './exit.ts';
import { giveWorkersRoom } from './garbage.ts';
import { HELP } from './help.ts';
import { printable } from './printable.ts';

/** Each loads its own part of the host only when it is asked for. */
const COMMANDS: Readonly<Record<Command, () => Promise<(line: CommandLine) => Promise<number>>>> = {
  run: async () => {
    giveWorkersRoom();
    startGuestThread();
    return (await import('./commands/run.ts')).run;
  },
  check: async () => (await import('./commands/check.ts')).check,
  broker: async () => (await import('./commands/broker.ts')).broker,
  'dlq list': async () => (await import('./commands/dlq/list.ts')).list,
  'dlq show': async () => (await import('./commands/dlq/show.ts')).show,
  'dlq replay': async () => (await import('./commands/dlq/replay.ts')).replay,
  'dlq purge': async () => (await import('./commands/dlq/purge.ts')).purge,
  'state show': async () => (await import('./commands/state/show.ts')).show,
  'state forget': async () => (await import('./commands/state/forget.ts')).forget,
  new: async () => (await import('./commands/new.ts')).newGuest,
  build: async () => (await import('./commands/build.ts')).build,
  test: async () => (await import('./commands/test.ts')).test,
};

/** Runs the command that the words name; resolves to its exit code. @throws HostError */
export async function dispatch(argv: readonly string[]): Promise<number> {
  const line = parseCommandLine(argv);
  if (line === 'help') {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  if (line === 'version') {
    process.stdout.write(`${hostVersion()}\n`);
    return EXIT.ok;
  }
  const command = await COMMANDS[line.command]();
  return command(line);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

/** A reader that goes away early, as `head` does, is no error of ours. */
function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** Runs the command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<never> {
  tolerateClosedPipes();
  let code: number;
  try {
    code = await dispatch(argv);
  } catch (error) {
    code = exitCodeOf(error);
    const text =
      error instanceof HostError || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message);
    process.stderr.write(`host: ${printable(text)}\n`);
  }
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(code);
}
