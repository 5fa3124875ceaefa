import { parseArgs } from 'node:util';
import { HostError, messageOf } from '../src/cli.ts';

const OPTIONS = {
  'with-broker': { type: 'boolean' },
  'state-dir': { type: 'string' },
  log: { type: 'string' },
  'log-format': { type: 'string' },
  listen: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const;

/** The options that each command takes. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  run: ['with-broker', 'state-dir', 'log', 'log-format'],
  check: ['state-dir'],
  broker: ['listen'],
};

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
const FORMATS = ['auto', 'text', 'json'] as const;

export interface CommandLine {
  readonly command: string;
  readonly positionals: readonly string[];
  readonly withBroker: boolean;
  readonly stateDir: string | undefined;
  readonly log: (typeof LEVELS)[number] | undefined;
  readonly logFormat: (typeof FORMATS)[number] | undefined;
  readonly listen: readonly string[];
}

function usage(text: string): HostError {
  return new HostError('ERR_USAGE', `${text} (see "host --help")`);
}

function oneOf<T extends string>(option: string, allowed: readonly T[], found: string | undefined): T | undefined {
  if (found === undefined) return undefined;
  const value = allowed.find((item) => item === found);
  if (value === undefined) throw usage(`--${option}: expected one of ${allowed.join(', ')}, found "${found}"`);
  return value;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw usage(messageOf(cause).split('. ')[0] ?? '');
  }
}

/** @throws HostError ERR_USAGE */
export function parseCommandLine(argv: readonly string[]): CommandLine | 'help' | 'version' {
  const { values, positionals } = parse(argv);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const [command, ...rest] = positionals;
  if (command === undefined) throw usage('expected a command: run, check or broker');
  const takes = TAKES[command];
  if (takes === undefined) throw usage(`unknown command "${command}": expected run, check or broker`);
  const foreign = Object.keys(values).find((option) => !takes.includes(option));
  if (foreign !== undefined) throw usage(`"host ${command}" takes no --${foreign}`);
  return {
    command,
    positionals: rest,
    withBroker: values['with-broker'] ?? false,
    stateDir: values['state-dir'],
    log: oneOf('log', LEVELS, values.log),
    logFormat: oneOf('log-format', FORMATS, values['log-format']),
    listen: values.listen ?? [],
  };
}

/** The positional arguments by name; exactly those, the last `optional` of them may be missing. */
export function positionalsOf(line: CommandLine, names: readonly string[], optional = 0): readonly string[] {
  const form = `host ${line.command} ${names.map((name, i) => (i < names.length - optional ? `<${name}>` : `[${name}]`)).join(' ')}`;
  if (line.positionals.length < names.length - optional) {
    throw usage(`missing <${names[line.positionals.length]}>: expected ${form}`);
  }
  const extra = line.positionals[names.length];
  if (extra !== undefined) throw usage(`unexpected argument "${extra}": expected ${form}`);
  return line.positionals;
}
