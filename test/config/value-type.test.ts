import { describe, expect, test } from 'vitest';
import { listOf, narrowed, oneOf, oneOrMore, valueType } from '../../src/config/value-type.ts';

const even = valueType(
  'an even number',
  (value) => (typeof value === 'number' && value % 2 === 0 ? value : undefined),
  (value) => (value === 1 ? 'not odd' : undefined),
);
const refusal = { expected: 'an even number', hint: undefined };

describe('a type of values', () => {
  test('takes what it accepts, 0 and false too', () => {
    expect(even.read(0)).toEqual({ data: 0 });
    expect(oneOf([false], 'false').read(false)).toEqual({ data: false });
  });

  test('says what it expected, with a hint where there is one', () => {
    expect(even.read('2')).toEqual({ refusals: [refusal] });
    expect(even.read(1)).toEqual({ refusals: [{ expected: 'an even number', hint: 'not odd' }] });
  });

  test('of few names them', () => {
    const some = oneOf(['a', 5], 'a or 5');
    expect(some.choices).toEqual(['a', 5]);
    expect(some.read(5)).toEqual({ data: 5 });
    expect(some.read('5')).toEqual({ refusals: [{ expected: 'a or 5', hint: undefined }] });
  });

  test('that is narrowed gives one reason', () => {
    const small = narrowed(even, 'a small number', (data) => data < 10);
    expect(small.read(8)).toEqual({ data: 8 });
    expect(small.read(12)).toEqual({ refusals: [{ expected: 'a small number' }] });
    expect(small.read(13)).toEqual({ refusals: [refusal] });
  });
});

describe('a list', () => {
  test('says which elements are refused', () => {
    const list = listOf(even, 'a list of even numbers');
    expect(list.read([2, 4])).toEqual({ data: [2, 4] });
    expect(list.read([2, 3, 4, 1])).toEqual({
      refusals: [
        { ...refusal, element: 1 },
        { ...refusal, element: 3, hint: 'not odd' },
      ],
    });
    expect(list.read(2)).toEqual({ refusals: [{ expected: 'a list of even numbers' }] });
  });

  test('may be its only element', () => {
    expect(oneOrMore(even).read(2)).toEqual({ data: [2] });
    expect(oneOrMore(even).read([])).toEqual({ data: [] });
  });
});
