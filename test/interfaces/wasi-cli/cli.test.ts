import { describe, expect, it } from 'vitest';
import { GuestExit } from '../../../src/interfaces/wasi-cli/index.ts';
import { fakeContext, payloadOf } from '../context.ts';
import { linked } from '../linked.ts';

describe('environment', () => {
  it('is what the config says, and nothing of the host', () => {
    const environment = linked('wasi:cli/environment', fakeContext({ env: { A: '1' }, args: ['g.wasm', '-v'] }));
    expect(environment.getEnvironment()).toEqual([['A', '1']]);
    expect(environment.getArguments()).toEqual(['g.wasm', '-v']);
    expect(environment.initialCwd()).toBeUndefined();
  });
});

describe('exit', () => {
  const { exit, exitWithCode } = linked('wasi:cli/exit');
  it.each([
    ['ok', () => exit({ tag: 'ok' }), 0],
    ['err', () => exit({ tag: 'err' }), 1],
    ['a code', () => exitWithCode(7), 7],
  ])('ends the call, not the process, with %s', (_, act, exitCode) => {
    expect(act).toThrow(GuestExit);
    expect(act).toThrow(expect.objectContaining({ exitCode }));
  });

  it('counts as a trap for the bindings, not as a typed error', () => {
    expect(new GuestExit(1)).toBeInstanceOf(
      (globalThis as unknown as { WebAssembly: { RuntimeError: new () => Error } }).WebAssembly.RuntimeError,
    );
    expect(new GuestExit(1)).not.toHaveProperty('payload');
  });
});

describe('standard streams', () => {
  it('reads nothing', async () => {
    const stdin = linked('wasi:cli/stdin').getStdin();
    expect(await payloadOf(() => stdin.blockingRead(10n))).toEqual({ tag: 'closed' });
  });

  it.each([
    ['stdout', 'getStdout', 'info'],
    ['stderr', 'getStderr', 'warn'],
  ])("writes %s into the host's log, line by line", (name, get, level) => {
    const context = fakeContext();
    const provided = linked(`wasi:cli/${name}`, context);
    provided[get]().blockingWriteAndFlush(Buffer.from('one\ntw'));
    provided[get]().write(Buffer.from('o\n'));
    expect(context.outputs).toEqual([
      [name, level, '', 'one'],
      [name, level, '', 'two'],
    ]);
  });
});

it.each(['stdin', 'stdout', 'stderr'])('says that %s is no terminal', (name) => {
  const provided = linked(`wasi:cli/terminal-${name}`);
  expect(Object.values(provided).map((get) => get())).toEqual([undefined]);
});
