import { expect, it } from 'vitest';
import { tempDirectory } from '../../support/temp.ts';
import { open } from '../samples.ts';

it('remembers the client id of each broker and credentials', async () => {
  const dir = tempDirectory('journal');
  const journal = await open({ dir });
  expect(await journal.publishers.publisherId('broker 1', 'app-b0-pub')).toBe('app-b0-pub');
  expect(await journal.publishers.publisherId('broker 2', 'app-b1-pub')).toBe('app-b1-pub');
  expect(await journal.publishers.publisherId('broker 1', 'app-b9-pub')).toBe('app-b0-pub');
  await journal.close();
  const { publishers } = await open({ dir });
  expect(await publishers.publisherId('broker 2', 'app-b9-pub')).toBe('app-b1-pub');
  expect(await publishers.publisherId('broker 3', 'app-b9-pub')).toBe('app-b9-pub');
});

it('gives one client id once on each broker', async () => {
  const dir = tempDirectory('journal');
  const journal = await open({ dir });
  await Promise.all([
    journal.publishers.publisherId('a as u1', 'x-pub', 'a'),
    journal.publishers.publisherId('a as u2', 'x-pub', 'a'),
  ]);
  await journal.close();
  const { publishers } = await open({ dir });
  expect(await publishers.publisherId('a as u1', 'y', 'a')).toBe('x-pub');
  expect(await publishers.publisherId('a as u2', 'y', 'a')).toBe('x-pub-2');
  expect(await publishers.publisherId('a as u3', 'x-pub', 'a')).toBe('x-pub-3');
  expect(await publishers.publisherId('b as u1', 'x-pub', 'b')).toBe('x-pub');
});
