import { describe, expect, it } from 'vitest';
import { deadLetterEvent, deadLetterOf } from '../../src/delivery/dead-letter.ts';
import { encodeOutgoing } from '../../src/events/index.ts';
import { arrival, binding } from './fixtures.ts';

const one = () => {
  const message = arrival('a/b', { qos: 2, retained: true });
  const event = { id: 'e', source: '/s', type: 't', data: Buffer.from('data'), attributes: { subject: 'kept' } };
  Object.assign(message, { event, raw: false });
  message.inherit({ attempts: 2, firstAt: 1_000 });
  return message;
};
const letter = (error = 'no') => deadLetterOf('b0', one(), error, 5_000);

describe('deadLetterOf', () => {
  it('holds all that there is to know, the last attempt counted', () => {
    expect(letter()).toEqual({
      binding: 'b0',
      topic: 'a/b',
      qos: 2,
      retained: true,
      raw: false,
      event: one().event,
      properties: { userProperties: [] },
      error: 'no',
      attempts: 3,
      firstAt: 1_000,
      deadAt: 5_000,
    });
  });
});

describe('deadLetterEvent', () => {
  it('is the original event with topic, error, attempts and times, at the qos of the binding', () => {
    const published = deadLetterEvent(binding({ qos: 2 }), 'dead', letter());
    expect(published).toMatchObject({ topic: 'dead', qos: 2, retain: false, format: 'cloudevents' });
    expect(published.event).toEqual({
      ...one().event,
      attributes: {
        subject: 'kept',
        deadlettertopic: 'a/b',
        deadlettererror: 'no',
        deadletterattempts: 3,
        deadletterfirstat: '1970-01-01T00:00:01.000Z',
        deadletterat: '1970-01-01T00:00:05.000Z',
      },
    });
  });

  it('is a CloudEvent where the binding is raw', () => {
    expect(deadLetterEvent(binding({ format: 'raw' }), 'dead', letter()).format).toBe('cloudevents');
    expect(deadLetterEvent(binding({ format: 'structured' }), 'dead', letter()).format).toBe('structured');
  });

  it.each([
    ['control characters', 'line\nline\u0000'],
    ['half a surrogate pair', 'half \uD83D'],
    ['a pair where the text is cut', `${'x'.repeat(4_095)}😀`],
    ['more than a string may hold', 'x'.repeat(100_000)],
  ])('can be sent whatever the error is: %s', (_name, error) => {
    const published = deadLetterEvent(binding(), 'dead', letter(error));
    for (const protocol of [4, 5] as const)
      expect(encodeOutgoing(published, protocol, Date.now())).toMatchObject({ ok: true });
    expect(String(published.event.attributes?.deadlettererror)).toSatisfy((text: string) => text.isWellFormed());
  });
});
