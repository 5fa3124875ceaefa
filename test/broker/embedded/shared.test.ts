import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type Collector, collect, connectClient, listen, publish } from '../../support/mqtt-client.ts';
import { connect, drop, embedded, numbers, resume, v4, withhold } from './fixture.ts';

function total(...seen: Collector[]): string[] {
  return seen.flatMap((collector) => collector.texts()).toSorted();
}

describe('shared subscriptions of the embedded broker', () => {
  it.each([0, 1, 2] as const)('give each message to one of two members, in turn, at QoS %i', async (qos) => {
    const broker = await embedded();
    const sender = await connect(broker);
    const a = await collect(await connect(broker), '$share/g/jobs/+', { qos });
    const b = await collect(await connect(broker, 'persistent'), '$share/g/jobs/+', { qos });
    await Promise.all(numbers(200).map((text) => publish(sender, `jobs/${text}`, text, { qos })));
    await Promise.all([a.until(100), b.until(100)]);
    expect(total(a, b)).toEqual(numbers(200).toSorted());
    expect([a.received.length, b.received.length]).toEqual([100, 100]);
    expect(a.received.every((message) => message.qos === qos)).toBe(true);
  });

  it('give each of two groups, and plain subscriptions, a copy', async () => {
    const broker = await embedded();
    const sender = await connect(broker);
    const both = await connect(broker, 'both');
    const seen = await collect(both, 'jobs/#', { qos: 1 });
    await both.subscribeAsync('$share/one/jobs/+', { qos: 1 });
    const two = await collect(await connect(broker), '$share/two/jobs/+', { qos: 1 });
    for (const text of numbers(20)) await publish(sender, 'jobs/x', text);
    await Promise.all([seen.until(40), two.until(20)]);
    expect(seen.texts().toSorted()).toEqual([...numbers(20), ...numbers(20)].toSorted());
    expect(two.texts()).toEqual(numbers(20));
  });

  it('grant the lower QoS of message and member', async () => {
    const broker = await embedded();
    const sender = await connect(broker);
    const seen = await collect(await connect(broker), '$share/g/#', { qos: 1 });
    for (const qos of [0, 1, 2] as const) await publish(sender, 'x', String(qos), { qos });
    await seen.until(3);
    expect(seen.received.map(({ qos }) => qos).toSorted()).toEqual([0, 1, 1]);
  });

  it('send no retained messages, and clear the flag of live ones', async () => {
    const broker = await embedded();
    const sender = await connect(broker);
    await publish(sender, 'jobs/x', 'retained', { retain: true });
    const seen = await collect(await connect(broker), '$share/g/jobs/#');
    await publish(sender, 'jobs/x', 'live', { retain: true });
    await seen.next();
    expect(seen.received.map(({ text, retain }) => [text, retain])).toEqual([['live', false]]);
  });

  it.each([1, 2] as const)('keep the share of a persistent member that is away, at QoS %i', async (qos) => {
    const broker = await embedded();
    const sender = await connect(broker);
    const away = await connect(broker, 'away');
    await away.subscribeAsync('$share/g/jobs', { qos });
    await away.endAsync();
    const here = await collect(await connect(broker), '$share/g/jobs', { qos });
    for (const text of numbers(40)) await publish(sender, 'jobs', text, { qos });
    await here.until(20);
    const back = await resume(broker, 'away', 'jobs');
    await back.seen.until(20);
    expect(total(here, back.seen)).toEqual(numbers(40).toSorted());
    await publish(sender, 'jobs', '40', { qos });
    await publish(sender, 'jobs', '41', { qos });
    await Promise.all([here.until(21), back.seen.until(21)]);
  });

  it('pass QoS 0 messages by members that are away', async () => {
    const broker = await embedded();
    const sender = await connect(broker);
    const away = await connect(broker, 'away');
    await away.subscribeAsync('$share/g/jobs', { qos: 1 });
    await away.endAsync();
    const here = await collect(await connect(broker), '$share/g/jobs', { qos: 1 });
    for (const text of numbers(10)) await publish(sender, 'jobs', text, { qos: 0 });
    await here.until(10);
    expect(here.texts()).toEqual(numbers(10));
  });

  it.each([1, 2] as const)('send a member its unacknowledged QoS %i messages again', async (qos) => {
    const broker = await embedded();
    const sender = await connect(broker);
    const member = await connect(broker, 'member');
    withhold(member, 'puback', 'pubrec');
    let came = 0;
    member.on('packetreceive', (packet) => {
      if (packet.cmd === 'publish') came++;
    });
    await member.subscribeAsync('$share/g/jobs', { qos });
    await publish(sender, 'jobs', 'a', { qos });
    await eventually(() => came === 1);
    await drop(member);
    const again = await resume(broker, 'member', 'jobs');
    expect(await again.seen.next()).toMatchObject({ text: 'a', dup: true, qos });
  });

  it.each(['unsubscribe', 'disconnect', 'drop'] as const)('are left by %s of a clean session', async (how) => {
    const broker = await embedded();
    const sender = await connect(broker);
    const leaving = await connect(broker);
    await leaving.subscribeAsync('$share/g/jobs', { qos: 1 });
    const staying = await collect(await connect(broker), '$share/g/jobs', { qos: 1 });
    if (how === 'unsubscribe') await leaving.unsubscribeAsync('$share/g/jobs');
    else if (how === 'disconnect') await leaving.endAsync();
    else await drop(leaving);
    // A message that went to the leaving member would be missing; the broker may notice a dropped one a little later.
    await eventually(async () => {
      const before = staying.received.length;
      await publish(sender, 'jobs', 'probe 1');
      await publish(sender, 'jobs', 'probe 2');
      await staying.until(before + 2, 100);
      return true;
    });
    const before = staying.received.length;
    for (const text of numbers(10)) await publish(sender, 'jobs', text);
    await staying.until(before + 10);
  });

  it('are left by UNSUBSCRIBE of a persistent session, which keeps what it was given', async () => {
    const broker = await embedded();
    const sender = await connect(broker);
    const leaving = await connect(broker, 'leaving');
    withhold(leaving, 'puback');
    await leaving.subscribeAsync('$share/g/jobs', { qos: 1 });
    await publish(sender, 'jobs', 'given');
    await leaving.unsubscribeAsync('$share/g/jobs');
    const staying = await collect(await connect(broker), '$share/g/jobs', { qos: 1 });
    for (const text of numbers(10)) await publish(sender, 'jobs', text);
    await staying.until(10);
    await drop(leaving);
    const { seen } = await resume(broker, 'leaving', 'jobs');
    expect((await seen.next()).text).toBe('given');
    expect(seen.received).toHaveLength(1);
  });

  it('are left when a clean CONNECT ends the persistent session', async () => {
    const broker = await embedded();
    const sender = await connect(broker);
    const member = await connect(broker, 'member');
    await member.subscribeAsync('$share/g/jobs', { qos: 1 });
    await member.endAsync();
    await connectClient(broker.url, { ...v4, clientId: 'member', clean: true });
    const staying = await collect(await connect(broker), '$share/g/jobs', { qos: 1 });
    for (const text of numbers(10)) await publish(sender, 'jobs', text);
    await staying.until(10);
  });

  it('survive a reconnect under load without loss', async () => {
    const broker = await embedded();
    const sender = await connect(broker);
    const steady = await collect(await connect(broker), '$share/g/jobs', { qos: 1 });
    const arrived = new Set<string>();
    let member = await connect(broker, 'member');
    const record = (_topic: string, payload: Buffer) => arrived.add(payload.toString());
    member.on('message', record);
    await member.subscribeAsync('$share/g/jobs', { qos: 1 });
    const sending = (async () => {
      for (const text of numbers(2_000)) await publish(sender, 'jobs', text);
    })();
    for (let reconnects = 0; reconnects < 4; reconnects++) {
      const until = arrived.size + 100;
      await eventually(() => arrived.size >= until, { interval: 1 });
      await member.endAsync();
      const resumed = await resume(broker, 'member', 'jobs', (client) => client.on('message', record));
      member = resumed.client;
    }
    await sending;
    await steady.until(1_000);
    await eventually(() => arrived.size === 1_000);
    expect(new Set([...arrived, ...steady.texts()]).size).toBe(2_000);
  });

  it('do not hear of topics that start with "$"', async () => {
    const broker = await embedded();
    const seen = await collect(await connect(broker), '$share/g/#');
    const other = await connect(broker);
    const plain = listen(other, 'x');
    await other.subscribeAsync('x');
    await publish(other, 'x', 'only this');
    await Promise.all([seen.next(), plain.next()]);
    expect(seen.texts()).toEqual(['only this']);
  });
});
