import { describe, expect, test } from 'vitest';
import { blamesPublish, Suspects } from '../../../../src/broker/mqtt/publisher/suspects.ts';

describe('blamesPublish', () => {
  test.each([
    [{ kind: 'closed' }, 10, true],
    [{ kind: 'error', text: 'connection reset' }, 4999, true],
    [{ kind: 'disconnect', code: 0x87 }, 10, true],
    [{ kind: 'disconnect', code: 0x95 }, 10, true],
    [{ kind: 'closed' }, 5001, false],
    [{ kind: 'closed' }, Number.POSITIVE_INFINITY, false],
    [{ kind: 'disconnect', code: 0x8b }, 10, false],
    [{ kind: 'disconnect', code: 0x8e }, 10, false],
    [{ kind: 'silent', text: '' }, 10, false],
    [{ kind: 'local' }, 10, false],
  ] as const)('%j, %i ms after the last PUBLISH: %s', (end, since, blamed) => {
    expect(blamesPublish(end, since)).toBe(blamed);
  });
});

describe('Suspects', () => {
  function losses(...unanswered: string[][]) {
    const suspects = new Suspects<string>();
    const found = unanswered.map((ones) => suspects.ended(ones));
    return { suspects, found };
  }

  test('three losses with the same one unanswered isolate, whatever else was in flight', () => {
    const { suspects, found } = losses(['a', 'b', 'x'], ['x', 'c', 'd']);
    expect(suspects.isolating).toBe(false);
    expect(suspects.ended(['x', 'e', 'c'])).toBeUndefined();
    expect(found).toEqual([undefined, undefined]);
    expect(suspects.isolating).toBe(true);
  });

  test.each([
    ['others each time', [['a'], ['b'], ['c'], ['d']]],
    ['a loss for another reason between', [['x'], ['x'], [], ['x'], ['x']]],
    ['an answer between', [['x'], ['x'], ['y'], ['x'], ['x']]],
  ])('%s: nothing is suspected', (_what, unanswered) => {
    expect(losses(...unanswered).suspects.isolating).toBe(false);
  });

  test('a broker that cannot be reached starts the count again', () => {
    const { suspects } = losses(['x'], ['x']);
    suspects.unreachable();
    suspects.ended(['x']);
    expect(suspects.isolating).toBe(false);
  });

  test('the one that is alone when the connection is closed twice running is found', () => {
    const { suspects } = losses(['x', 'y'], ['x', 'y'], ['x', 'y']);
    expect([suspects.ended(['x']), suspects.ended(['x'])]).toEqual([undefined, 'x']);
    expect(suspects.isolating).toBe(true);
    suspects.passed('y');
    expect(suspects.isolating).toBe(false);
  });

  test('not twice running where a loss for another reason, another one or an unreachable broker was between', () => {
    const { suspects } = losses(['x', 'y'], ['x', 'y'], ['x', 'y']);
    const found = [['x'], [], ['x'], ['y'], ['x']].map((ones) => suspects.ended(ones));
    suspects.unreachable();
    found.push(suspects.ended(['x']));
    expect(found).toEqual(Array(6).fill(undefined));
    expect(suspects.ended(['x'])).toBe('x');
  });

  test('an answer starts the count of its closes again', () => {
    const { suspects } = losses(['x', 'y'], ['x', 'y'], ['x', 'y']);
    suspects.ended(['x']);
    suspects.passed('x');
    expect(suspects.ended(['x'])).toBeUndefined();
  });

  test('normal operation resumes when each suspect was answered', () => {
    const { suspects } = losses(['x', 'y'], ['x', 'y'], ['x', 'y']);
    for (const one of ['z', 'x']) suspects.passed(one);
    expect(suspects.isolating).toBe(true);
    suspects.passed('y');
    expect(suspects.isolating).toBe(false);
  });
});
