import { expect, it } from 'vitest';
import { openJournal } from '../../../src/journal/index.ts';
import { tempDirectory } from '../../support/temp.ts';
import { journalProcess } from '../process.ts';
import { open, refusal } from '../samples.ts';

it('keeps a second process out while the first one lives, and lets it in the moment that it is killed', async () => {
  const dir = tempDirectory('journal');
  const first = journalProcess(dir, 'process');
  await first.waitFor(/^open$/m);
  const attempt = () => openJournal({ dir, durability: 'process' });
  expect(await refusal(attempt, dir, '--state-dir')).toBe('ERR_STATE_LOCKED');

  await first.kill('SIGKILL');
  const journal = await open({ dir });
  expect(journal.sessions.fresh).toBe(false);
});

it('keeps another process out after a second attempt of its own was refused', async () => {
  const dir = tempDirectory('journal');
  await open({ dir });
  for (let i = 0; i < 3; i++) {
    expect(await refusal(() => openJournal({ dir, durability: 'process' }))).toBe('ERR_STATE_LOCKED');
  }
  const other = journalProcess(dir, 'process');
  expect(await other.exited).toMatchObject({ code: 1 });
  expect(other.stdout()).toBe('ERR_STATE_LOCKED\n');
});

it('frees the lock when the journal is closed', async () => {
  const dir = tempDirectory('journal');
  const first = await open({ dir });
  await first.close();
  const second = await open({ dir });
  expect(second.sessions.instance).toBe(first.sessions.instance);
});
