import { expect, it } from 'vitest';
import { readJournal } from '../../src/journal/index.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';

const app = (url: string, lines: readonly string[]) =>
  new App(appToml([{ url, lines: ['topic = "commands/#"', 'publish = ["out/#"]', ...lines] }]));

/** A CloudEvent in binary mode (MQTT binding 1.0.2, 3.1). */
const event = (id: string) => ({
  properties: { userProperties: { specversion: '1.0', id, source: '/shop', type: 't' } },
});

describeWithMosquitto('effects', () => {
  it.each([
    ['qos = 2', []],
    ['qos = 1\ntransactional = true', []],
    ['qos = 2\ntransactional = false', ['before the failure', 'before the failure']],
  ])('of a handler that fails: %j', async (keys, before) => {
    const { url } = await startMosquitto();
    const host = await app(url, [keys, 'retry = { attempts = 2, initial = "10ms" }']).serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    await publish(client, 'commands/a', 'publish-then-err out/failed', { qos: 2 });
    await publish(client, 'commands/a', 'publish out/fine 3', { qos: 2 });
    await out.until(before.length + 3);
    expect(out.texts()).toEqual([...before, '1', '2', '3']);
  });

  it.each([
    ['5', 2],
    ['"3.1.1"', 1],
  ] as const)('of a dead letter: the event, and what happened to it (protocol %s, qos %i)', async (protocol, qos) => {
    const { url } = await startMosquitto();
    const subject = app(url, [`qos = ${qos}`, 'dead_letter = "dead"', `protocol = ${protocol}`, 'retry.attempts = 1']);
    const host = await subject.serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const dead = await collect(client, 'dead', { qos: 2 });
    await publish(client, 'commands/a', 'err on purpose', { qos: 2 });
    const letter = await dead.next();
    expect(letter.qos).toBe(qos);
    const attributes =
      protocol === '5' ? letter.properties.userProperties : (JSON.parse(letter.text) as Record<string, unknown>);
    expect(attributes).toMatchObject({
      source: 'commands/a',
      type: 'mqtt.message',
      deadlettertopic: 'commands/a',
      deadlettererror: 'other: on purpose',
      deadletterfirstat: expect.stringMatching(/^20\d\d-.*Z$/),
      deadletterat: expect.stringMatching(/^20\d\d-.*Z$/),
    });
    expect(Number((attributes as { deadletterattempts: unknown }).deadletterattempts)).toBe(1);
    const data =
      protocol === '5'
        ? letter.text
        : Buffer.from(String((attributes as { data_base64: string }).data_base64), 'base64').toString();
    expect(data).toBe('err on purpose');
    const journal = readJournal(`${subject.directory}/.host/e2e`);
    expect(journal.deadLetters()).toMatchObject([{ kind: 'message', topic: 'commands/a', attempts: 1 }]);
    journal.close();
  });

  it('of an event that is remembered as handled: none, over a restart, but of its copies that failed', async () => {
    const { url } = await startMosquitto();
    const subject = app(url, ['qos = 1', 'dedup = "1h"', 'retry = { attempts = 1 }']);
    let host = await subject.serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'err', event('1'));
    await publish(client, 'commands/a', 'publish out/first 1', event('1'));
    // Either of two copies under way at once may be the one that is handled.
    await out.until(1);
    await publish(client, 'commands/b', 'publish out/copy 1', event('1'));
    await publish(client, 'commands/a', 'publish out/second 1', event('2'));
    await out.until(2);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    host = await subject.serve('misbehaving');
    await host.waitFor(/subscriber connected/);
    await publish(client, 'commands/a', 'publish out/again 1', event('1'));
    // Raw messages have no identity: equal ones are two messages.
    for (const _ of [1, 2]) await publish(client, 'commands/a', 'publish out/raw 1');
    await out.until(4);
    expect(out.received.map(({ topic }) => topic)).toEqual(['out/first', 'out/second', 'out/raw', 'out/raw']);
  });
});
