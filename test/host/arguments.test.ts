import { describe, expect, it, test } from 'vitest';
import { type CommandLine, parseCommandLine, positionalsOf } from '../../host/arguments.ts';
import { chosen, idsOf } from '../../host/letters.ts';
import { HostError } from '../../src/errors.ts';

function parsed(...argv: string[]): CommandLine {
  const line = parseCommandLine(argv);
  if (typeof line === 'string') throw new Error(`expected a command, found ${line}`);
  return line;
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    expect(error.code).toBe('ERR_USAGE');
    return error.message;
  }
  throw new Error('it was not refused');
}

describe('the command line', () => {
  it('has commands of one word and of two', () => {
    expect(parsed('run', 'a.toml', 'b.wasm')).toMatchObject({ command: 'run', positionals: ['a.toml', 'b.wasm'] });
    const line = parsed('dlq', 'replay', 'a.toml', '--all', '--binding', 'b0', '--state-dir', 'd');
    expect(line).toMatchObject({ command: 'dlq replay', positionals: ['a.toml'], all: true, binding: 'b0' });
    expect(line).toMatchObject({ stateDir: 'd', json: false, data: false, force: false });
    expect(parsed('state', 'forget', 'a.toml', 'x', '--force')).toMatchObject({ command: 'state forget', force: true });
    expect(parsed('--json', 'dlq', 'list', 'a.toml')).toMatchObject({ command: 'dlq list', json: true });
  });

  test.each([
    [[], /expected a command: run, check, broker, dlq, state, new, build or test/],
    [['dql'], /unknown command "dql": .*did you mean "dlq"\?/],
    [['dlq'], /what "host dlq" should do: list, show, replay or purge/],
    [['state'], /what "host state" should do: show or forget/],
    [['dlq', 'reply', 'a.toml'], /"host dlq" does not know "reply": expected .*did you mean "replay"\?/],
    [['state', 'list'], /"host state" does not know "list": expected show or forget/],
    [['dlq', 'list', 'a', '--jsno'], /unknown option "--jsno"; did you mean "--json"\?/],
    [['dlq', 'list', 'a', '--all'], /"host dlq list" takes no --all: expected --state-dir, --binding or --json/],
    [['state', 'show', 'a', '--force'], /"host state show" takes no --force/],
    [['run', 'a', 'b', '--json'], /"host run" takes no --json/],
    [['test', 'a', 'b', '--json'], /"host test" takes no --json: expected --app or --update/],
    [['build', '--lang', 'ts'], /"host build" takes no --lang: expected --world or --out/],
    [['dlq', 'list', 'a', '--state-dir'], /--state-dir: expected a value after it, found none/],
    [['dlq', 'list', 'a', '--json=yes'], /--json/],
  ])('%j is refused, with what was expected', (argv, expected) => {
    expect(refusal(() => parseCommandLine(argv))).toMatch(expected);
  });

  it('takes any number of the last argument where it ends in an ellipsis', () => {
    const line = parsed('dlq', 'show', 'a.toml', '1', '2', '3');
    expect(positionalsOf(line, ['app.toml', 'id…'])).toEqual(['a.toml', '1', '2', '3']);
    const none = refusal(() => positionalsOf(parsed('dlq', 'show', 'a.toml'), ['app.toml', 'id…']));
    expect(none).toMatch(/missing <id…>: expected host dlq show <app\.toml> <id…>/);
    const extra = refusal(() => positionalsOf(parsed('state', 'show', 'a.toml', 'b'), ['app.toml']));
    expect(extra).toMatch(/unexpected argument "b": expected host state show <app\.toml>/);
  });
});

describe('the numbers of dead letters', () => {
  it('are whole numbers from 1, each once', () => {
    expect(idsOf(['3', '1', '3', '9007199254740991'])).toEqual([3, 1, 9007199254740991]);
  });

  test.each(['0', '-1', '1.5', '1e3', '0x10', 'b0', '', ' 1', '9007199254740993'])('"%s" is none', (word) => {
    expect(refusal(() => idsOf(['1', word]))).toContain(`found "${word}"`);
  });

  test.each([
    [['a.toml'], /missing <id…>: expected the numbers of dead letters, or --all/],
    [['a.toml', '1', '--all'], /exclude each other/],
    [['a.toml', '1', '--binding', 'b0'], /--binding goes with --all/],
    [['a.toml', '--binding', 'b0'], /--binding goes with --all/],
    [[], /missing <app\.toml>/],
  ])('replay and purge %j: exactly one of numbers and --all', (rest, expected) => {
    expect(refusal(() => chosen(parsed('dlq', 'replay', ...rest)))).toMatch(expected);
    expect(refusal(() => chosen(parsed('dlq', 'purge', ...rest)))).toMatch(expected);
  });

  it('or all of them', () => {
    expect(chosen(parsed('dlq', 'purge', 'a.toml', '--all', '--binding', 'b0'))).toEqual({
      file: 'a.toml',
      ids: 'all',
    });
    expect(chosen(parsed('dlq', 'replay', 'a.toml', '2', '1'))).toEqual({ file: 'a.toml', ids: [2, 1] });
  });
});
