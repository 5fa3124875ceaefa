import type { MqttClient } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { collect, connectClient, listen, publish } from '../../support/mqtt-client.ts';
import { connect, drop, embedded, numbers, resume, v4, whenClosed, withhold } from './fixture.ts';

function sessionPresent(client: MqttClient): Promise<boolean> {
  return new Promise((resolve) => client.once('connect', ({ sessionPresent }) => resolve(sessionPresent)));
}

describe('sessions of the embedded broker', () => {
  it.each([1, 2] as const)('hold QoS %i messages for a client that is away, in order', async (qos) => {
    const broker = await embedded();
    const receiver = await connect(broker, 'receiver');
    await receiver.subscribeAsync('a/#', { qos });
    await receiver.endAsync();
    const sender = await connect(broker);
    await Promise.all(numbers(500).map((text) => publish(sender, 'a/b', text, { qos })));
    const { seen } = await resume(broker, 'receiver', 'a/#');
    await seen.until(500);
    expect(seen.texts()).toEqual(numbers(500));
    expect(seen.received.every((message) => message.qos === qos && !message.dup)).toBe(true);
  });

  it.each([1, 2] as const)('send unacknowledged QoS %i messages again, under their ids, with DUP', async (qos) => {
    const broker = await embedded();
    const first = await connect(broker, 'receiver');
    withhold(first, 'puback', 'pubrec');
    const ids: (number | undefined)[] = [];
    first.on('packetreceive', (packet) => packet.cmd === 'publish' && ids.push(packet.messageId));
    await first.subscribeAsync('a', { qos });
    const sender = await connect(broker);
    for (const text of numbers(3)) await publish(sender, 'a', text, { qos });
    await eventually(() => ids.length >= 1);
    await drop(first);
    await publish(sender, 'a', '3', { qos });
    const again: (number | undefined)[] = [];
    const { seen } = await resume(broker, 'receiver', 'a', (client) => {
      client.on('packetreceive', (packet) => packet.cmd === 'publish' && again.push(packet.messageId));
    });
    await seen.until(4);
    expect(seen.texts()).toEqual(numbers(4));
    expect(seen.received[0]?.dup).toBe(true);
    expect(seen.received[3]?.dup).toBe(false);
    expect(again.slice(0, ids.length)).toEqual(ids);
    expect(new Set(again).size).toBe(4);
  });

  it('do not send acknowledged messages again', async () => {
    const broker = await embedded();
    const first = await connect(broker, 'receiver');
    const seen = await collect(first, 'a', { qos: 2 });
    const sender = await connect(broker);
    for (const qos of [1, 2] as const) await publish(sender, 'a', `qos ${qos}`, { qos });
    await seen.until(2);
    await first.endAsync();
    const again = await resume(broker, 'receiver', 'a');
    await publish(sender, 'a', 'new');
    await again.seen.next();
    expect(again.seen.texts()).toEqual(['new']);
  });

  it('resume with PUBREL where PUBREC had come', async () => {
    const broker = await embedded();
    const first = await connect(broker, 'receiver');
    const released = new Promise<number | undefined>((resolve) => {
      first.on('packetreceive', (packet) => packet.cmd === 'pubrel' && resolve(packet.messageId));
    });
    withhold(first, 'pubcomp');
    await first.subscribeAsync('a', { qos: 2 });
    await publish(await connect(broker), 'a', 'once', { qos: 2 });
    const id = await released;
    await drop(first);
    const commands: string[] = [];
    await resume(broker, 'receiver', 'a', (client) => {
      client.on('packetreceive', (packet) => {
        if ('messageId' in packet && packet.messageId === id) commands.push(packet.cmd);
      });
    });
    await eventually(() => commands.length > 0);
    expect(commands).toEqual(['pubrel']);
  });

  it.each([1, 2] as const)(
    'lose and reorder nothing at a reconnect under load, and send nothing twice on one connection, at QoS %i',
    async (qos) => {
      const broker = await embedded();
      const sender = await connect(broker);
      // Counted at PUBLISH: what mqtt.js holds until PUBREL is gone with its client object.
      const arrived = new Set<string>();
      const connections: { commands: string[]; texts: string[] }[] = [];
      const record = (client: MqttClient) => {
        const connection = { commands: [] as string[], texts: [] as string[] };
        connections.push(connection);
        client.on('packetreceive', (packet) => {
          connection.commands.push(packet.cmd);
          if (packet.cmd !== 'publish') return;
          connection.texts.push(packet.payload.toString());
          arrived.add(packet.payload.toString());
        });
      };
      const total = 4_000;
      let current = (await resume(broker, 'receiver', 'load', record)).client;
      await current.subscribeAsync('load', { qos });
      const sending = (async () => {
        for (let from = 0; from < total; from += 50) {
          await Promise.all(numbers(50, from).map((text) => publish(sender, 'load', text, { qos })));
        }
      })();
      for (let reconnects = 0; reconnects < 15; reconnects++) {
        const until = arrived.size + 100;
        await eventually(() => arrived.size >= until, { interval: 1 });
        await current.endAsync(true);
        current = (await resume(broker, 'receiver', 'load', record)).client;
      }
      await sending;
      await eventually(() => arrived.size === total);
      for (const { commands, texts } of connections) {
        expect(commands[0]).toBe('connack');
        expect(texts).toEqual([...new Set(texts)].toSorted((a, b) => Number(a) - Number(b)));
      }
      expect([...arrived]).toEqual(numbers(total));
    },
  );

  it('are present only for those who had a persistent one, subscribed or not', async () => {
    const broker = await embedded();
    const answers: boolean[] = [];
    for (const clean of [false, false, true, false]) {
      let answer: Promise<boolean> | undefined;
      const client = await connectClient(broker.url, { ...v4, clientId: 'x', clean }, (unconnected) => {
        answer = sessionPresent(unconnected);
      });
      answers.push((await answer) as boolean);
      await client.endAsync();
    }
    expect(answers).toEqual([false, true, false, false]);
  });

  it('end with a clean CONNECT of the same client', async () => {
    const broker = await embedded();
    const first = await connect(broker, 'receiver');
    await first.subscribeAsync('a', { qos: 1 });
    await first.endAsync();
    const sender = await connect(broker);
    await publish(sender, 'a', 'before');
    const clean = await connectClient(broker.url, { ...v4, clientId: 'receiver', clean: true });
    const seen = listen(clean, '#');
    await publish(sender, 'a', 'meanwhile');
    await clean.subscribeAsync('b', { qos: 1 });
    await publish(sender, 'b', 'after');
    await seen.next();
    expect(seen.texts()).toEqual(['after']);
  });

  it('pass to a second client with the same id', async () => {
    const broker = await embedded();
    const first = await connect(broker, 'receiver');
    await first.subscribeAsync('a', { qos: 1 });
    const closed = whenClosed(first);
    const { seen } = await resume(broker, 'receiver', 'a');
    await closed;
    await publish(await connect(broker), 'a', 'to the second');
    expect(await seen.next()).toMatchObject({ text: 'to the second' });
  });

  it('forget a filter at UNSUBSCRIBE', async () => {
    const broker = await embedded();
    const [receiver, sender] = [await connect(broker, 'receiver'), await connect(broker)];
    const seen = await collect(receiver, 'a/+');
    await receiver.subscribeAsync('b', { qos: 1 });
    await receiver.unsubscribeAsync('a/+');
    await publish(sender, 'a/x', 'gone');
    await receiver.endAsync();
    await publish(sender, 'a/x', 'gone');
    await publish(sender, 'b', 'kept');
    const again = await resume(broker, 'receiver', '#');
    await again.seen.next();
    expect([...seen.texts(), ...again.seen.texts()]).toEqual(['kept']);
  });

  it('answer an invalid filter with 0x80 and go on', async () => {
    const broker = await embedded();
    const client = await connect(broker);
    const refusal = client.subscribeAsync(['$share/g', 'good'], { qos: 1 });
    await expect(refusal).rejects.toThrow();
    const seen = listen(client, 'good');
    await publish(client, 'good', 'x');
    await seen.next();
  });
});
