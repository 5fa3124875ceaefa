import { describe, expect, it } from 'vitest';
import { encodeEvent, encodeOutgoing, type OutgoingRequest, outgoingEvent } from '../../src/events/index.ts';
import type { PublishOptions } from '../../src/guest.ts';
import type { OutgoingEvent } from '../../src/journal.ts';
import type { PubsubEvent } from '../../src/types.ts';
import { bytes, randomEvent, randomFrom } from './samples.ts';

/** Milliseconds since the epoch. */
const NOW = 1_700_000_000_000;
const event: PubsubEvent = { id: '1', source: '/s', type: 't', data: bytes('hello') };

function outgoing(more: Partial<OutgoingRequest> = {}): OutgoingEvent {
  const base = {
    topic: 'out',
    qos: 1,
    format: 'cloudevents',
    event,
    appName: 'my app',
    freshId: () => 'fresh',
    now: NOW,
  } as const;
  return outgoingEvent({ ...base, ...more });
}

describe('outgoingEvent', () => {
  it('fills in what must not change when it is sent again', () => {
    expect(outgoing({ event: { ...event, id: '', source: '' } }).event).toEqual({
      ...event,
      id: 'fresh',
      source: '/my%20app',
    });
    expect(outgoing()).toEqual({
      topic: 'out',
      qos: 1,
      retain: false,
      format: 'cloudevents',
      event,
      properties: { userProperties: [] },
    });
  });

  it('keeps the attributes of the message that it forwards, and of no other', () => {
    const handled = { ...event, attributes: { subject: 'kept' } };
    expect(outgoing({ forwarded: handled }).event.attributes).toEqual({ subject: 'kept' });
    expect(outgoing({ forwarded: { ...handled, id: '2' } }).event.attributes).toBeUndefined();
    expect(outgoing({ forwarded: { ...handled, source: '/t' } }).event.attributes).toBeUndefined();
  });

  it('keeps what was asked for beside the event', () => {
    const options: PublishOptions = {
      retain: true,
      expiry: 5,
      contentType: 'text/plain',
      userProperties: [['k', 'v']],
    };
    const { retain, properties } = outgoing({ options });
    expect([retain, properties]).toEqual([
      true,
      { expiry: 5, contentType: 'text/plain', userProperties: [['k', 'v']] },
    ]);
  });
});

describe('encodeOutgoing', () => {
  it('is what encodeEvent makes of the request, for any event, option and protocol', () => {
    const random = randomFrom(7);
    const options: (PublishOptions | undefined)[] = [
      undefined,
      { retain: true, userProperties: [['k', 'v']] },
      { retain: false, contentType: 'text/plain', userProperties: [] },
      { retain: false, expiry: 5, responseTopic: 'r', correlationData: bytes('c'), userProperties: [] },
    ];
    for (let i = 0; i < 400; i++) {
      const handled = randomEvent(random);
      const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
      const request = {
        topic: 'out',
        qos: pick([0, 1, 2] as const),
        format: pick(['cloudevents', 'structured', 'raw'] as const),
        event: { ...handled, attributes: undefined },
        appName: 'app',
        forwarded: pick([handled, undefined]),
        options: pick(options),
        freshId: () => 'fresh',
        now: NOW,
      };
      const protocol = pick([4, 5] as const);
      expect(encodeOutgoing(outgoingEvent(request), protocol, NOW)).toEqual(encodeEvent({ ...request, protocol }));
    }
  });

  it('gives the same bytes each time', () => {
    const one = outgoing({ event: { ...event, id: '' } });
    for (const protocol of [4, 5] as const)
      expect(encodeOutgoing(one, protocol, NOW)).toEqual(encodeOutgoing(structuredClone(one), protocol, NOW + 1));
  });

  it('says what is left of the expiry, and at least a second, since 0 means for ever to some', () => {
    const one = outgoing({ options: { retain: false, expiry: 5, userProperties: [] } });
    const left = (passed: number) => {
      const encoded = encodeOutgoing(one, 5, NOW + passed);
      return encoded.ok ? encoded.value.properties.expiry : encoded.error;
    };
    expect([0, 1, 1_000, 3_999, 4_001, 5_000, 60_000].map(left)).toEqual([5, 5, 4, 2, 1, 1, 1]);
    const zero = outgoing({ options: { retain: false, expiry: 0, userProperties: [] } });
    expect(encodeOutgoing(zero, 5, NOW)).toMatchObject({ ok: false, error: { tag: 'invalid-argument' } });
    // As it was asked for where nothing says when that was.
    const { expiresAt: _, ...timeless } = one;
    expect(encodeOutgoing(timeless, 5, NOW)).toMatchObject({ value: { properties: { expiry: 5 } } });
  });

  it('refuses what the protocol has no place for', () => {
    const one = outgoing({ options: { retain: false, expiry: 5, userProperties: [] } });
    expect(encodeOutgoing(one, 5, NOW)).toMatchObject({ ok: true });
    expect(encodeOutgoing(one, 4, NOW)).toMatchObject({ ok: false, error: { tag: 'invalid-argument' } });
  });
});
