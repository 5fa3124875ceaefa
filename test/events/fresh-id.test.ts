import { expect, test } from 'vitest';
import { freshId, textOfId } from '../../src/events/index.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('is a UUID of version 4, and never the same', () => {
  const ids = new Set<string>();
  for (let count = 0; count < 20_000; count++) {
    const id = textOfId(freshId());
    expect(id).toMatch(UUID);
    ids.add(id);
  }
  expect(ids.size).toBe(20_000);
  // Some are counted, and the rest is another one now and then.
  const heads = new Set([...ids].map((id) => id.slice(0, -3)));
  expect(heads.size).toBeGreaterThanOrEqual(Math.floor(20_000 / 4_096));
});
