import type { GuestContext } from '../../guest.ts';
import { type Contract, contract, WASI_VERSION } from '../contract.ts';
import { InputStream, OutputStream } from '../wasi-io/streams.ts';
import { GuestTrap } from '../wit-error.ts';
import { LineSink } from './lines.ts';

/** Thrown by `wasi:cli/exit`: ends the call and the instance, never the process. */
export class GuestExit extends GuestTrap {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`the guest called exit with status ${exitCode}`);
    this.exitCode = exitCode;
  }
}

function environment(context: GuestContext): Record<string, unknown> {
  return {
    getEnvironment: () => Object.entries(context.env),
    getArguments: () => [...context.args],
    initialCwd: () => undefined,
  };
}

function exit(): Record<string, unknown> {
  return {
    exit: (status: { readonly tag: 'ok' | 'err' }) => {
      throw new GuestExit(status.tag === 'ok' ? 0 : 1);
    },
    exitWithCode: (code: number) => {
      throw new GuestExit(code);
    },
  };
}

/** One sink for each instance, so that streams got twice do not cut each other's lines. */
function output(context: GuestContext, stream: 'stdout' | 'stderr'): () => OutputStream {
  const level = stream === 'stdout' ? 'info' : 'warn';
  const sink = new LineSink((line) => context.output(stream, level, '', line));
  return () => new OutputStream((bytes) => sink.write(bytes));
}

class TerminalInput {}
class TerminalOutput {}

/** Nothing is a terminal. */
const none = (): undefined => undefined;

/** `wasi:cli`: the config's environment and arguments, closed input, output into the host's log. */
export const wasiCli: readonly Contract[] = [
  contract('wasi:cli/environment', WASI_VERSION, environment),
  contract('wasi:cli/exit', WASI_VERSION, exit),
  contract('wasi:cli/stdin', WASI_VERSION, () => ({ getStdin: () => new InputStream() })),
  contract('wasi:cli/stdout', WASI_VERSION, (context) => ({ getStdout: output(context, 'stdout') })),
  contract('wasi:cli/stderr', WASI_VERSION, (context) => ({ getStderr: output(context, 'stderr') })),
  contract('wasi:cli/terminal-input', WASI_VERSION, () => ({ TerminalInput })),
  contract('wasi:cli/terminal-output', WASI_VERSION, () => ({ TerminalOutput })),
  contract('wasi:cli/terminal-stdin', WASI_VERSION, () => ({ getTerminalStdin: none })),
  contract('wasi:cli/terminal-stdout', WASI_VERSION, () => ({ getTerminalStdout: none })),
  contract('wasi:cli/terminal-stderr', WASI_VERSION, () => ({ getTerminalStderr: none })),
];
