import { expect, it } from 'vitest';
import { commandEnd } from '../../src/app/command.ts';

it.each([
  [{ kind: 'ok' }, 0, true, '0 is its own'],
  [{ kind: 'trap', message: 'exit', exitCode: 0 }, 0, true, '0 is its own'],
  [{ kind: 'trap', message: 'exit', exitCode: 4 }, 4, false, '4 is its own'],
  [{ kind: 'trap', message: 'unreachable' }, 3, false, "unreachable): exit code 3 is the host's"],
  [{ kind: 'timeout' }, 3, false, "3 is the host's"],
  [{ kind: 'collateral' }, 3, false, "3 is the host's"],
  [{ kind: 'cut' }, 0, true, "0 is the host's"],
  [{ kind: 'err', error: { tag: 'other', val: 'x' } }, 1, false, '1 is its own'],
] as const)('%j', (outcome, code, succeeded, text) => {
  expect(commandEnd(outcome)).toEqual({ code, succeeded, text: expect.stringContaining(text) });
});
