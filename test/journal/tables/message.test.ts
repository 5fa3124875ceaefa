import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../../src/journal/tables/message.ts';
import { letter, refusal } from '../samples.ts';

const columns = encodeMessage(letter());
const head = JSON.parse(columns.head) as Record<string, unknown>;

describe('a stored message', () => {
  it('is one JSON text beside the bytes', () => {
    expect(head).toEqual({ v: 1, id: 'e-1', source: '/sensors/1', type: 'reading', userProperties: [] });
    expect([...columns.data]).toEqual([1, 2, 3]);
    expect(columns.correlation).toBeNull();
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another version', { ...head, v: 2 }],
    ['no id', { ...head, id: undefined }],
    ['an expiry that is a text', { ...head, expiry: '1' }],
    ['a content type that is a number', { ...head, contentType: 1 }],
    ['attributes that are a list', { ...head, attributes: [[]] }],
    ['attributes that are nothing', { ...head, attributes: null }],
    ['no user properties', { ...head, userProperties: undefined }],
    ['a user property without a value', { ...head, userProperties: [['k']] }],
  ])('is told damaged with %s', async (_, found) => {
    const text = typeof found === 'string' ? found : JSON.stringify(found);
    expect(await refusal(() => decodeMessage({ ...columns, head: text }))).toBe('ERR_STATE_DAMAGED');
  });
});
