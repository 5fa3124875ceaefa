import { expect, it } from 'vitest';
import { LONGEST_RECORD } from '../../../src/interfaces/wasi-logging/index.ts';
import { fakeContext } from '../context.ts';
import { linked } from '../linked.ts';

it.each([
  ['trace', 'trace'],
  ['debug', 'debug'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
  ['critical', 'error'],
])("logs %s as the host's %s", (level, wanted) => {
  const context = fakeContext();
  linked('wasi:logging/logging', context).log(level, 'part', 'two\nlines');
  expect(context.outputs).toEqual([['log', wanted, 'part', 'two\nlines']]);
});

it('cuts a record that is too long, and says by how much', () => {
  const context = fakeContext();
  linked('wasi:logging/logging', context).log('info', '', 'x'.repeat(LONGEST_RECORD + 5));
  expect(context.outputs[0]?.[3]).toBe(`${'x'.repeat(LONGEST_RECORD)}… (5 more)`);
});
