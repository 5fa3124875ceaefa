import { describe, expect, it } from 'vitest';
import { pullWarning, roleOf } from '../../src/delivery/settle.ts';
import { binding } from './fixtures.ts';

const facts = (handlers: readonly string[], importsPull = false) => ({
  importsPull,
  exportsHandler: (name: string) => handlers.includes(name),
});

describe('roleOf', () => {
  it('settles "auto" by the exported handler', () => {
    expect(roleOf(binding({ delivery: 'auto' }), facts(['on_message']))).toBe('push');
    expect(roleOf(binding({ delivery: 'auto' }), facts([], true))).toBe('pull');
    expect(roleOf(binding({ delivery: 'auto', onMessage: 'on_order' }), facts(['on_message']))).toBe('pull');
  });

  it('does as it is told otherwise', () => {
    expect(roleOf(binding({ delivery: 'push' }), facts([]))).toBe('push');
    expect(roleOf(binding({ delivery: 'pull' }), facts(['on_message']))).toBe('pull');
    expect(roleOf(binding({ kind: 'publish-only', filters: [] }), facts([]))).toBe('publish-only');
  });
});

it('says why a pull binding is not subscribed', () => {
  expect(pullWarning(binding(), facts([]))).toContain('neither receive nor stream');
  expect(pullWarning(binding(), facts([], true))).toContain('not built yet');
});
