import { parseArgs } from 'node:util';
import { HostError, messageOf, nearest } from '../src/early.ts';
import { listed } from './words.ts';

const OPTIONS = {
  'with-broker': { type: 'boolean' },
  'state-dir': { type: 'string' },
  log: { type: 'string' },
  'log-format': { type: 'string' },
  listen: { type: 'string', multiple: true },
  binding: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
  data: { type: 'boolean' },
  force: { type: 'boolean' },
  lang: { type: 'string' },
  world: { type: 'string' },
  out: { type: 'string' },
  app: { type: 'string' },
  update: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const;

type Option = keyof typeof OPTIONS;

/** The options that each command takes; a command of two words is a verb on something. */
const TAKES = {
  run: ['with-broker', 'state-dir', 'log', 'log-format'],
  check: ['state-dir'],
  broker: ['listen'],
  'dlq list': ['state-dir', 'binding', 'json'],
  'dlq show': ['state-dir', 'json', 'data'],
  'dlq replay': ['state-dir', 'all', 'binding'],
  'dlq purge': ['state-dir', 'all', 'binding'],
  'state show': ['state-dir', 'json'],
  'state forget': ['state-dir', 'force'],
  new: ['lang'],
  build: ['world', 'out'],
  test: ['app', 'update'],
} as const satisfies Readonly<Record<string, readonly Option[]>>;

export type Command = keyof typeof TAKES;

const COMMANDS = Object.keys(TAKES) as readonly Command[];
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
const FORMATS = ['auto', 'text', 'json'] as const;

export interface CommandLine {
  readonly command: Command;
  readonly positionals: readonly string[];
  readonly withBroker: boolean;
  readonly stateDir: string | undefined;
  readonly log: (typeof LEVELS)[number] | undefined;
  readonly logFormat: (typeof FORMATS)[number] | undefined;
  readonly listen: readonly string[];
  readonly binding: string | undefined;
  readonly all: boolean;
  readonly json: boolean;
  readonly data: boolean;
  readonly force: boolean;
  readonly lang: string | undefined;
  readonly world: string | undefined;
  readonly out: string | undefined;
  readonly app: string | undefined;
  readonly update: boolean;
}

/** An error of whoever wrote the command line. */
export function usage(text: string): HostError {
  return new HostError('ERR_USAGE', `${text} (see "host --help")`);
}

function oneOf<T extends string>(option: string, allowed: readonly T[], found: string | undefined): T | undefined {
  if (found === undefined) return undefined;
  const value = allowed.find((item) => item === found);
  if (value === undefined) throw usage(`--${option}: expected one of ${allowed.join(', ')}, found "${found}"`);
  return value;
}

function meant(found: string, known: readonly string[]): string {
  const near = nearest(found, known);
  return near === undefined ? '' : `; did you mean "${near}"?`;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    const text = messageOf(cause).split('. ')[0] ?? '';
    const [, unknown] = /^Unknown option '--([^']+)'/.exec(text) ?? [];
    if (unknown !== undefined) {
      const options = Object.keys(OPTIONS).map((option) => `--${option}`);
      throw usage(`unknown option "--${unknown}"${meant(`--${unknown}`, options)}`);
    }
    const [, valueless] = /^Option '(.*) <value>' argument missing$/.exec(text) ?? [];
    throw usage(valueless === undefined ? text : `${valueless}: expected a value after it, found none`);
  }
}

/** The command that the first words name, and the words after it. */
function commandOf(words: readonly string[]): { readonly command: Command; readonly rest: readonly string[] } {
  const firsts = [...new Set(COMMANDS.map((name) => name.split(' ')[0] ?? name))];
  const [first, second, ...rest] = words;
  if (first === undefined) throw usage(`expected a command: ${listed(firsts)}`);
  const command = COMMANDS.find((name) => name === first);
  if (command !== undefined) return { command, rest: words.slice(1) };
  const verbs = COMMANDS.filter((name) => name.startsWith(`${first} `)).map((name) => name.slice(first.length + 1));
  if (verbs.length === 0) {
    throw usage(`unknown command "${first}": expected ${listed(firsts)}${meant(first, firsts)}`);
  }
  if (second === undefined) throw usage(`expected what "host ${first}" should do: ${listed(verbs)}`);
  const both = COMMANDS.find((name) => name === `${first} ${second}`);
  if (both !== undefined) return { command: both, rest };
  throw usage(`"host ${first}" does not know "${second}": expected ${listed(verbs)}${meant(second, verbs)}`);
}

/** @throws HostError ERR_USAGE */
export function parseCommandLine(argv: readonly string[]): CommandLine | 'help' | 'version' {
  const { values, positionals } = parse(argv);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const { command, rest } = commandOf(positionals);
  const takes: readonly string[] = TAKES[command];
  const foreign = Object.keys(values).find((option) => !takes.includes(option));
  if (foreign !== undefined) {
    const known = listed(takes.map((option) => `--${option}`));
    throw usage(`"host ${command}" takes no --${foreign}: expected ${known}`);
  }
  return {
    command,
    positionals: rest,
    withBroker: values['with-broker'] ?? false,
    stateDir: values['state-dir'],
    log: oneOf('log', LEVELS, values.log),
    logFormat: oneOf('log-format', FORMATS, values['log-format']),
    listen: values.listen ?? [],
    binding: values.binding,
    all: values.all ?? false,
    json: values.json ?? false,
    data: values.data ?? false,
    force: values.force ?? false,
    lang: values.lang,
    world: values.world,
    out: values.out,
    app: values.app,
    update: values.update ?? false,
  };
}

/**
 * The positional arguments by name; exactly those, the last `optional` of them may be missing. Where the last name ends
 * in `…`, any number may stand in its place.
 */
export function positionalsOf(line: CommandLine, names: readonly string[], optional = 0): readonly string[] {
  const form = `host ${line.command} ${names.map((name, i) => (i < names.length - optional ? `<${name}>` : `[${name}]`)).join(' ')}`;
  if (line.positionals.length < names.length - optional) {
    throw usage(`missing <${names[line.positionals.length]}>: expected ${form}`);
  }
  const extra = names.at(-1)?.endsWith('…') === true ? undefined : line.positionals[names.length];
  if (extra !== undefined) throw usage(`unexpected argument "${extra}": expected ${form}`);
  return line.positionals;
}
