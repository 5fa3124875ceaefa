import { beforeAll, describe, expect } from 'vitest';
import { fresh, protocolLabel } from '../../support/broker-sessions.ts';
import type { RunningBroker } from '../../support/brokers.ts';
import { eventually } from '../../support/eventually.ts';
import type { Transcript } from '../transcript.ts';
import { probe, Wire } from '../wire.ts';
import { broker } from './broker.ts';

const MESSAGES = 20;
const texts = Array.from({ length: MESSAGES }, (_, n) => `m${n}`);

let running: RunningBroker;
beforeAll(async () => {
  running = await broker.start();
});

/** Takes what comes until `count` messages came to all of them together; resolves with what each got. */
async function takeAll(members: readonly Wire[], count: number): Promise<string[][]> {
  const got = members.map((): string[] => []);
  const look = async () => {
    for (const [index, member] of members.entries())
      while (member.waiting('publish').length > 0) got[index]?.push(await member.take());
    const came = got.flat().length;
    if (came < count) throw new Error(`${came} of ${count} messages came`);
    return true;
  };
  await eventually(look, { timeout: 30_000 });
  return got;
}

for (const protocol of broker.protocols) {
  describe(protocolLabel(protocol), () => {
    const open = (label: string, transcript: Transcript) =>
      Wire.open(running.port, fresh(label), transcript, { protocol });
    const queue = async (transcript: Transcript, qos: 1 | 2) => {
      const topic = fresh('t');
      const filter = `$share/${fresh('g')}/${topic}`;
      const members = [await open('one', transcript), await open('two', transcript)] as const;
      const granted = [];
      for (const member of members) granted.push((await member.subscribe(filter, qos)).granted[0]);
      return { topic, filter, members, granted, publisher: await open('publisher', transcript) };
    };

    probe('queue: QoS 2 is granted', async (transcript) => {
      expect((await queue(transcript, 2)).granted).toEqual([2, 2]);
    });

    probe('queue: each message goes to one member', async (transcript) => {
      const { topic, members, publisher } = await queue(transcript, 1);
      for (const text of texts) await publisher.deliver(topic, text, 1);
      const got = await takeAll(members, MESSAGES);
      expect(got.flat().toSorted()).toEqual(texts.toSorted());
    });

    probe('queue: each member gets a share', async (transcript) => {
      const { topic, members, publisher } = await queue(transcript, 1);
      for (const text of texts) await publisher.deliver(topic, text, 1);
      const got = await takeAll(members, MESSAGES);
      expect(Math.min(...got.map(({ length }) => length))).toBeGreaterThan(0);
    });

    probe(
      'queue: what a member had not answered when it was lost comes to it again, or to another',
      async (transcript) => {
        const [topic, clientId] = [fresh('t'), fresh('one')];
        const filter = `$share/${fresh('g')}/${topic}`;
        const publisher = await open('publisher', transcript);
        const lost = await Wire.open(running.port, clientId, transcript, { protocol });
        await lost.subscribe(filter, 1);
        for (const text of texts.slice(0, 5)) await publisher.deliver(topic, text, 1);
        await lost.next('publish');
        await lost.cut();
        const other = await open('two', transcript);
        await other.subscribe(filter, 1);
        const back = await Wire.open(running.port, clientId, transcript, { protocol });
        const got = await takeAll([other, back], 5);
        expect(got.flat().toSorted()).toEqual(texts.slice(0, 5));
      },
    );

    probe(
      'queue: what a member held that leaves comes to it before a ping is answered, or to another',
      async (transcript) => {
        const { topic, filter, members, publisher } = await queue(transcript, 1);
        const [leaves, stays] = members;
        for (const text of texts) await publisher.deliver(topic, text, 1);
        await leaves.unsubscribe(filter);
        // As a host does with `on_stop = "leave"`: until a ping brings nothing more.
        const got: string[] = [];
        do {
          while (leaves.waiting('publish').length > 0) got.push(await leaves.take());
          await leaves.ping();
        } while (leaves.waiting('publish').length > 0);
        await leaves.cut();
        const [rest = []] = await takeAll([stays], MESSAGES - got.length);
        expect([...got, ...rest].toSorted()).toEqual(texts.toSorted());
      },
    );

    probe('queue: a retained message is not sent to one that subscribes', async (transcript) => {
      const topic = fresh('t');
      const publisher = await open('publisher', transcript);
      await publisher.deliver(topic, 'kept', 1, { retain: true });
      const member = await open('one', transcript);
      await member.subscribe(`$share/${fresh('g')}/${topic}`, 1);
      await publisher.deliver(topic, 'new', 1);
      expect(await member.take()).toBe('new');
      await publisher.deliver(topic, '', 1, { retain: true });
    });
  });
}
