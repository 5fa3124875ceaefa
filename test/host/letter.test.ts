import { describe, expect, it } from 'vitest';
import { letterJson } from '../../host/letter-json.ts';
import { letterText } from '../../host/letter-text.ts';
import { bytes, message, parkedPublish } from './samples.ts';

describe('a dead letter as text', () => {
  it('says everything that is known about a message', () => {
    expect(letterText(message())).toBe(`dead letter 7: a message for binding "orders"
  topic        orders/17
  qos          2
  error        rejected: no such article
  attempts     8
  first tried  2026-01-02T03:04:05.006Z
  died         2026-01-02T03:05:00.000Z
  event
    id               e-17
    source           /shop
    type             order.placed
    subject          n° 17
    datacontenttype  application/json
    retries          3
  MQTT properties
    content type      application/json
    response topic    answers/17
    correlation data  AP8= (base64 of 2 bytes)
    message expiry    60 seconds
    user property     tenant: a
    user property     tenant: b
  data (14 bytes)
    {"total": 12}
`);
  });

  it('leaves out what a message has not', () => {
    const event = { id: 'e', source: 's', type: 't', data: new Uint8Array() };
    const text = letterText(message({ event, properties: { userProperties: [] } }));
    expect(text).not.toMatch(/MQTT properties|parked/);
    expect(text).toMatch(/\n {2}data: none\n$/);
  });

  it('names the publisher session of a publish, and says what parked means', () => {
    const text = letterText(parkedPublish());
    expect(text).toMatch(/^dead letter 8: a publish of binding "orders", through publisher session "shop-orders-/);
    expect(text).toMatch(/parked +yes: .*may have been delivered.*same packet id with DUP/);
    expect(letterText(parkedPublish({ parked: false }))).not.toContain('parked');
  });

  it('shows data that is no printable text as base64, in lines', () => {
    const data = new Uint8Array(100).fill(255);
    const text = letterText(message({ event: { ...message().event, data } }));
    const [, shown = ''] = /data \(100 bytes, not printable text: shown as base64\)\n(.*)$/s.exec(text) ?? [];
    expect(Buffer.from(shown, 'base64')).toEqual(Buffer.from(data));
    expect(Math.max(...shown.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('lets nothing in a message forge a line or drive the terminal', () => {
    const evil = 'x\ndead letter 9: \u001b[2J\u202e\u2028\r';
    const text = letterText(
      message({
        binding: evil,
        topic: evil,
        error: evil,
        event: { id: evil, source: evil, type: evil, data: bytes(evil), attributes: { subject: evil } },
        properties: {
          contentType: evil,
          responseTopic: evil,
          correlationData: bytes(evil),
          userProperties: [[evil, evil]],
        },
      }),
    );
    for (const character of '\u001b\u202e\u2028\r') expect(text).not.toContain(character);
    expect(text.match(/^ *dead letter/gm)).toEqual(['dead letter']);
  });

  it('indents what the data says', () => {
    const data = bytes('a\ndead letter 9: fine');
    expect(letterText(message({ event: { ...message().event, data } }))).toMatch(/\n {4}a\n {4}dead letter 9: fine\n$/);
  });
});

describe('a dead letter as JSON', () => {
  it('is one document on one line, with stable names', () => {
    const text = letterJson(message());
    expect(text).not.toContain('\n');
    expect(JSON.parse(text)).toEqual({
      id: 7,
      kind: 'message',
      binding: 'orders',
      topic: 'orders/17',
      qos: 2,
      error: 'rejected: no such article',
      attempts: 8,
      firstAt: '2026-01-02T03:04:05.006Z',
      deadAt: '2026-01-02T03:05:00.000Z',
      event: {
        id: 'e-17',
        source: '/shop',
        type: 'order.placed',
        attributes: { subject: 'n° 17', datacontenttype: 'application/json', retries: 3 },
        data: '{"total": 12}\n',
      },
      properties: {
        contentType: 'application/json',
        responseTopic: 'answers/17',
        correlationDataBase64: 'AP8=',
        expirySeconds: 60,
        userProperties: [
          ['tenant', 'a'],
          ['tenant', 'b'],
        ],
      },
    });
  });

  it('has data that is no text as base64, and what a publish has besides', () => {
    const event = { id: 'e', source: 's', type: 't', data: new Uint8Array([0, 1, 254]) };
    const found = JSON.parse(letterJson(parkedPublish({ event, properties: { userProperties: [] } })));
    expect(found.event).toEqual({ id: 'e', source: 's', type: 't', attributes: {}, dataBase64: 'AAH+' });
    expect(found.properties).toEqual({ userProperties: [] });
    expect(found).toMatchObject({ kind: 'publish', publisher: 'shop-orders-abcd1234-pub', parked: true });
  });
});
