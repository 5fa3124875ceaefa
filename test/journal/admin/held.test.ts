import { expect, it } from 'vitest';
import { assertNothingHeld, type Holding } from '../../../src/journal/index.ts';
import { refusal } from '../samples.ts';

const none = { spilled: 0, markers: 0, attempts: 0, handled: 0, deadLetters: 0 };
const binding = (name: string, more: Partial<typeof none>): Holding => ({ kind: 'binding', name, ...none, ...more });
const publisher = (key: string, unsent: number, parked = 0): Holding => ({
  kind: 'publisher',
  name: `${key}-pub`,
  broker: 'tcp://broker:1883',
  key,
  unsent,
  parked,
});
const configured = { bindings: ['orders'], publishers: ['here'], file: 'app.toml' };

it('lets what belongs to today’s bindings and brokers be, and what is no message', () => {
  const holdings = [binding('orders', { spilled: 3 }), binding('gone', { markers: 1, deadLetters: 2, handled: 1 })];
  expect(() =>
    assertNothingHeld([...holdings, publisher('here', 2), publisher('away', 0, 1)], configured),
  ).not.toThrow();
});

it('names what is held for what is gone, and how to give it up', async () => {
  const holdings = [binding('gone', { spilled: 2 }), publisher('away', 1)];
  const text = /2 messages for binding "gone" and 1 unsent publish of "away-pub" for tcp:\/\/broker:1883/;
  const act = (stateDir?: string) => () => assertNothingHeld(holdings, { ...configured, stateDir });
  expect(await refusal(act(), text, '"host state forget app.toml"')).toBe('ERR_STATE_HELD');
  expect(await refusal(act('/state'), text, '"host state forget app.toml --state-dir /state"')).toBe('ERR_STATE_HELD');
});
