import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { differences, expectation } from '../../host/fixtures/compare.ts';
import { readFixtures } from '../../host/fixtures/files.ts';
import type { ExpectJson } from '../../host/fixtures/format.ts';
import { foundJson } from '../../host/fixtures/found.ts';
import { messageOfStep } from '../../host/fixtures/message.ts';
import { letterJson } from '../../host/letter-json.ts';
import { HostError } from '../../src/errors.ts';
import type { OutgoingEvent } from '../../src/journal.ts';
import { tempDirectory } from '../support/temp.ts';
import { message as letter } from './samples.ts';

function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = tempDirectory('fixtures');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

function refusal(path: string): string {
  try {
    readFixtures(path);
  } catch (error) {
    if (error instanceof HostError && error.code === 'ERR_USAGE_FIXTURE') return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

const bytes = (text: string) => new TextEncoder().encode(text);

function publish(data: string | Uint8Array, more: Partial<OutgoingEvent> = {}): OutgoingEvent {
  const event = { id: 'i', source: '/s', type: 't', data: typeof data === 'string' ? bytes(data) : data };
  return {
    topic: 'out',
    qos: 1,
    retain: false,
    format: 'cloudevents',
    event,
    properties: { userProperties: [] },
    ...more,
  };
}

function found(result: string, ...publishes: readonly OutgoingEvent[]): Required<ExpectJson> {
  const output = [{ level: 'info' as const, context: '', text: 'seen' }];
  return foundJson({ result, publishes, discarded: [], refused: [], output });
}

describe('fixture files', () => {
  it('are read in the order of their names, one message or a list each', () => {
    const one = { topic: 'a', payload: 'x' };
    const folder = folderOf({ 'b.json': [one, one], 'a/c.json': one, 'notes.txt': 'x' });
    const fixtures = readFixtures(folder).map(({ name, list, steps }) => ({ name, list, count: steps.length }));
    expect(fixtures).toEqual([
      { name: 'a/c', list: false, count: 1 },
      { name: 'b', list: true, count: 2 },
    ]);
    expect(readFixtures(join(folder, 'b.json'))[0]?.name).toBe('b');
  });

  test.each<[unknown, RegExp]>([
    ['{', /a\.json is not valid JSON: /],
    [[], /expected at least one message, found an empty list/],
    [1, /each message: expected an object, found 1/],
    [{ payload: 1 }, /topic: expected the topic that the message came on, found nothing/],
    [{ topic: 'a' }, /expected one of payload, payloadBase64 and event, found none/],
    [{ topic: 'a', payload: 1, event: {} }, /found payload and event/],
    [{ topic: 'a', payload: 1, qos: 3 }, /qos: expected 0, 1 or 2, found 3/],
    [{ topic: 'a', payload: 1, attempt: 0 }, /attempt: expected a whole number from 1, found 0/],
    [{ topic: 'a', payload: 1, expekt: {} }, /expekt: unknown key; did you mean "expect"\?/],
    [{ topic: 'a', payloadBase64: 'a' }, /payloadBase64: expected base64 text, found "a"/],
    [{ topic: 'a', event: { attributes: { a: [] } } }, /event\.attributes: expected an object of texts/],
    [{ topic: 'a', payload: 1, properties: { userProperties: [['a']] } }, /userProperties: expected a list of pairs/],
    [[{ topic: 'a', payload: 1 }, { topic: 1 }], /\[1\] topic: expected a string, found 1/],
    [
      { topic: 'a', payload: 1, expect: { publishes: [{ event: { dta: 1 } }] } },
      /publishes\[0\]\.event\.dta: .*"data"/,
    ],
    [{ topic: 'a', payload: 1, expect: { publishes: [{ event: { attributes: 1 } }] } }, /\[0\]\.event\.attributes/],
  ])('%j is refused', (content, expected) => {
    expect(refusal(folderOf({ 'a.json': content }))).toMatch(expected);
  });

  it('must be there, and every fault is told at once', () => {
    const folder = folderOf({ 'a.json': { topic: 1 }, 'b.json': { payload: 1 } });
    expect(refusal(folder)).toMatch(/a\.json: topic[\s\S]*b\.json: topic/);
    expect(refusal(join(folder, 'c'))).toMatch(/expected a folder of fixtures or one of them, found nothing/);
    expect(refusal(folderOf({ 'a.txt': '' }))).toMatch(/has no fixture: expected files such as/);
  });
});

describe('the message of a fixture', () => {
  it('has text as it stands and everything else as JSON', () => {
    const content = (payload: unknown) => {
      const message = messageOfStep({ topic: 'a', payload: payload as never }, 'id-1').content;
      return 'payload' in message ? Buffer.from(message.payload).toString() : '';
    };
    expect(content('{"a":1}')).toBe('{"a":1}');
    expect(content({ a: [1, null] })).toBe('{"a":[1,null]}');
    expect(content(false)).toBe('false');
    const binary = messageOfStep({ topic: 'a', payloadBase64: '/wA=' }, 'id-1').content;
    expect(binary).toEqual({ payload: Buffer.from([255, 0]), id: 'id-1' });
  });

  it('may be a dead letter, as "host dlq show --json" writes it', () => {
    const folder = folderOf({ 'letter.json': `${letterJson(letter())}\n` });
    const step = readFixtures(folder)[0]?.steps[0];
    if (step === undefined) throw new Error('nothing was read');
    const { event, properties } = letter();
    expect(messageOfStep(step, 'other')).toEqual({
      binding: 'orders',
      topic: 'orders/17',
      qos: 2,
      retained: false,
      attempt: 1,
      properties: { ...properties, correlationData: Buffer.from([0, 255]) },
      content: { event: { ...event, data: Buffer.from(event.data) } },
    });
  });
});

describe('what is expected', () => {
  const publishes = [{ topic: 'out', event: { type: 't', data: { sum: 3 } } }];
  const did = found('ok', publish('{"sum": 3, "at": 5}'));

  it('is compared as far as it is written', () => {
    expect(differences({}, did)).toEqual([]);
    expect(differences({ result: 'ok', publishes, logs: ['info: seen'] }, did)).toEqual([]);
    expect(differences({ publishes: [{ event: { data: '{"at":5, "sum":3}' } }] }, did)).toEqual([]);
    expect(differences({ result: 'rejected' }, found('rejected: bad'))).toEqual([]);
  });

  test.each<[ExpectJson, string]>([
    [{ result: 'rejected' }, 'result: expected "rejected", found "ok"'],
    [{ publishes: [] }, 'publishes[0]: expected nothing, found {'],
    [{ publishes: [...publishes, { topic: 'more' }] }, 'publishes[1]: expected {"topic":"more"}, found nothing'],
    [{ publishes: [{ topic: 'in' }] }, 'publishes[0].topic: expected "in", found "out"'],
    [{ publishes: [{ retain: true }] }, 'publishes[0].retain: expected true, found nothing'],
    [{ publishes: [{ event: { data: { sum: 4 } } }] }, 'publishes[0].event.data.sum: expected 4, found 3'],
    [{ publishes: [{ event: { data: '{"sum": 3}' } }] }, 'publishes[0].event.data: expected "{'],
    [{ publishes: [{ event: { attributes: { subject: 'x' } } }] }, 'publishes[0].event.attributes: expected {'],
    [{ logs: [] }, 'logs[0]: expected nothing, found "info: seen"'],
  ])('%j differs', (expected, text) => {
    const lines = differences(expected, did);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(text);
  });

  it('is written as what two runs have in common, without the qos', () => {
    const again = found('ok', publish('{"sum": 3, "at": 6}', { retain: true }));
    const written = expectation(found('ok', publish('{"sum": 3, "at": 5}', { retain: true })), again, undefined);
    expect(written).toEqual({
      result: 'ok',
      publishes: [{ topic: 'out', retain: true, event: { id: 'i', source: '/s', type: 't', data: { sum: 3 } } }],
    });
    expect(differences(written, again)).toEqual([]);
    expect(expectation(did, did, { logs: [] })).toHaveProperty('logs', ['info: seen']);
    expect(expectation(found('trap: at 0x1'), found('trap: at 0x2'), undefined).result).toBe('trap');
  });

  it('holds data that is no text as base64, and text that is no JSON as it stands', () => {
    expect(found('ok', publish(new Uint8Array([255]))).publishes[0]?.event).toHaveProperty('dataBase64', '/w==');
    expect(found('ok', publish('[not json')).publishes[0]?.event).toHaveProperty('data', '[not json');
    expect(found('ok', publish('')).publishes[0]?.event).toHaveProperty('data', '');
  });
});
