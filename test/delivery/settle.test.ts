import { describe, expect, it } from 'vitest';
import { bindingWarnings, roleOf } from '../../src/delivery/settle.ts';
import { binding } from './fixtures.ts';

const facts = (handlers: readonly string[], importsPull = false) => ({
  importsPull,
  handlers: handlers.join(', '),
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

describe('bindingWarnings', () => {
  it('says once for each what is not subscribed and why', () => {
    const pulling = binding({ delivery: 'pull' });
    expect(bindingWarnings([pulling], facts([]))).toEqual([expect.stringContaining('neither receive nor stream')]);
    expect(bindingWarnings([pulling], facts([], true))).toEqual([]);
  });

  it('names the handler that "auto" looked for', () => {
    const typo = binding({ delivery: 'auto', onMessage: 'on_mesage' });
    expect(bindingWarnings([typo], facts(['on_message']))).toEqual([
      expect.stringMatching(
        /pulls, since the component does not export "on_mesage" \(its handlers: on_message\); .*not subscribed$/,
      ),
    ]);
  });
});
