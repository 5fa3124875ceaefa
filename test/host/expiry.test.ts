import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openState } from '../../src/app/state.ts';
import { loadConfig } from '../../src/config/index.ts';
import { atEnd } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { tempDirectory } from '../support/temp.ts';
import { bury } from './shop.ts';

test('dead letters that were kept for "dead_letter_keep" go while the host runs, also where that is short', async () => {
  const file = join(tempDirectory('expiry'), 'shop.toml');
  const binding = '[[capability]]\nname = "pubsub.mqtt"\n[[capability.config]]\nurl = "tcp://127.0.0.1:1"\ntopic = "t"';
  writeFileSync(file, `specversion = "0.2"\nname = "shop"\ndead_letter_keep = "1s"\n${binding}\n`);
  const sink = { failed: () => {}, pressure: () => {}, notice: () => {} };
  const { journal, close } = await openState(await loadConfig(file, {}), sink);
  atEnd(close);
  await bury(journal, { deadAt: Date.now() });
  expect(journal.size().deadLetters).toBe(1);
  await eventually(() => journal.size().deadLetters === 0, { timeout: 5000 });
});
