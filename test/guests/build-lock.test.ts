import { expect, it } from 'vitest';
import { withBuildLock } from '../../guests/build-lock.ts';
import { tempDirectory } from '../support/temp.ts';

it('lets one build at a time into a folder, and the next one after a failure', async () => {
  const folder = tempDirectory('guest');
  const began: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = withBuildLock(folder, async () => {
    began.push('first');
    await gate.promise;
    throw new Error('does not compile');
  });
  const second = withBuildLock(folder, async () => began.push('second'));
  const other = withBuildLock(tempDirectory('other'), async () => began.push('other'));
  await other;
  expect(began).toEqual(['first', 'other']);
  gate.resolve();
  await expect(first).rejects.toThrow('does not compile');
  await second;
  expect(began).toEqual(['first', 'other', 'second']);
});
