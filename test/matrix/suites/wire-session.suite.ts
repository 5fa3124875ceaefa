import { beforeAll, describe, expect } from 'vitest';
import { fresh, protocolLabel } from '../../support/broker-sessions.ts';
import type { RunningBroker } from '../../support/brokers.ts';
import { Transcript } from '../transcript.ts';
import { probe, Wire } from '../wire.ts';
import { broker } from './broker.ts';

/** Connections lost with a PUBLISH just written. */
const LOSSES = 30;

let running: RunningBroker;
beforeAll(async () => {
  running = await broker.start();
});

/** What DELIVERY's rules take for granted of a broker, one at a time and without a host. */
for (const protocol of broker.protocols) {
  describe(protocolLabel(protocol), () => {
    const open = (
      clientId: string,
      transcript: Transcript,
      options: { clean?: boolean; receiveMaximum?: number } = {},
    ) => Wire.open(running.port, clientId, transcript, { protocol, ...options });
    /** A subscriber with a session of its own, and a publisher. */
    const pair = async (transcript: Transcript, qos: 1 | 2) => {
      const [topic, clientId] = [fresh('t'), fresh('subscriber')];
      const subscriber = await open(clientId, transcript);
      await subscriber.subscribe(topic, qos);
      const publisher = await open(fresh('publisher'), transcript, { clean: true });
      return { topic, clientId, subscriber, publisher };
    };

    for (const qos of [1, 2] as const) {
      probe(
        `redelivery: an unanswered message comes again under its id and with DUP (QoS ${qos})`,
        async (transcript) => {
          const { topic, clientId, subscriber, publisher } = await pair(transcript, qos);
          await publisher.deliver(topic, 'm', qos);
          const first = await subscriber.next('publish');
          await subscriber.cut();
          const back = await open(clientId, transcript);
          const again = await back.next('publish');
          expect(back.sessionPresent).toBe(true);
          expect([again.messageId, again.dup, String(again.payload)]).toEqual([first.messageId, true, 'm']);
        },
      );

      probe(`redelivery: unanswered messages come again in their order (QoS ${qos})`, async (transcript) => {
        const { topic, clientId, subscriber, publisher } = await pair(transcript, qos);
        const texts = ['a', 'b', 'c', 'd', 'e', 'f'];
        for (const text of texts) await publisher.deliver(topic, text, qos);
        await subscriber.next('publish');
        await subscriber.cut();
        const back = await open(clientId, transcript);
        const came: string[] = [];
        while (came.length < texts.length) came.push(await back.take());
        expect(came).toEqual(texts);
      });
    }

    probe(
      'redelivery: after PUBREC the session goes on with PUBREL, not with the message (QoS 2)',
      async (transcript) => {
        const { topic, clientId, subscriber, publisher } = await pair(transcript, 2);
        await publisher.deliver(topic, 'm', 2);
        const { messageId } = await subscriber.next('publish');
        subscriber.answer('pubrec', messageId);
        await subscriber.next('pubrel');
        await subscriber.cut();
        const back = await open(clientId, transcript);
        expect((await back.next('pubrel')).messageId).toBe(messageId);
        back.answer('pubcomp', messageId);
        await publisher.deliver(topic, 'last', 2);
        expect(await back.take()).toBe('last');
      },
    );

    probe('publisher: a PUBLISH sent again with DUP on its session arrives once (QoS 2)', async (transcript) => {
      const { topic, subscriber } = await pair(transcript, 2);
      const clientId = fresh('publisher');
      const before = await open(clientId, transcript);
      const id = before.publish(topic, 'm', 2);
      await before.next('pubrec');
      await before.cut();
      const back = await open(clientId, transcript);
      back.publish(topic, 'm', 2, { dup: true, id });
      await back.next('pubrec');
      back.answer('pubrel', id);
      await back.next('pubcomp');
      expect(await subscriber.take()).toBe('m');
      back.publish(topic, 'last', 2, { id: 99 });
      await back.next('pubrec');
      back.answer('pubrel', 99);
      expect(await subscriber.take()).toBe('last');
    });

    probe(
      'publisher: a PUBREL sent again on its session is answered, and the message arrives once (QoS 2)',
      async (transcript) => {
        const { topic, subscriber } = await pair(transcript, 2);
        const clientId = fresh('publisher');
        const before = await open(clientId, transcript);
        const id = before.publish(topic, 'm', 2);
        await before.next('pubrec');
        before.answer('pubrel', id);
        await before.next('pubcomp');
        await before.cut();
        const back = await open(clientId, transcript);
        back.answer('pubrel', id);
        await back.next('pubcomp');
        expect(await subscriber.take()).toBe('m');
        await back.deliver(topic, 'last', 2);
        expect(await subscriber.take()).toBe('last');
      },
    );

    probe(
      'publisher: what it sends again after a lost connection arrives once, every time (QoS 2)',
      async (transcript) => {
        const quiet = new Transcript();
        const { topic, subscriber } = await pair(quiet, 2);
        const clientId = fresh('publisher');
        await (await open(clientId, quiet)).cut();
        for (let id = 1; id <= LOSSES; id++) {
          const round = new Transcript();
          try {
            const before = await open(clientId, round);
            before.publish(topic, `m${id}`, 2, { id });
            before.reset();
            const back = await open(clientId, round);
            back.publish(topic, `m${id}`, 2, { dup: true, id });
            await back.next('pubrec');
            back.answer('pubrel', id);
            await back.next('pubcomp');
            expect(await subscriber.take()).toBe(`m${id}`);
            await back.cut();
          } catch (error) {
            transcript.note(`${id - 1} times it held, then:\n${round}`);
            throw error;
          }
        }
      },
    );

    probe('window: a second message comes while the first is unanswered', async (transcript) => {
      const { topic, subscriber, publisher } = await pair(transcript, 1);
      for (const text of ['a', 'b']) await publisher.deliver(topic, text, 1);
      expect(String((await subscriber.next('publish')).payload)).toBe('a');
      expect(String((await subscriber.next('publish')).payload)).toBe('b');
    });

    if (protocol === 4) return;
    probe('window: no more unanswered messages than Receive Maximum', async (transcript) => {
      const [topic, publisher] = [fresh('t'), await open(fresh('publisher'), transcript, { clean: true })];
      const subscriber = await open(fresh('subscriber'), transcript, { receiveMaximum: 3 });
      await subscriber.subscribe(topic, 1);
      for (let n = 0; n < 8; n++) await publisher.deliver(topic, `m${n}`, 1);
      await subscriber.ping();
      expect(subscriber.waiting('publish').length).toBeLessThanOrEqual(3);
      for (let n = 0; n < 8; n++) expect(await subscriber.take()).toBe(`m${n}`);
    });

    probe('takeover: the client that is replaced is told so, with 0x8E', async (transcript) => {
      const clientId = fresh('twin');
      const first = await open(clientId, transcript);
      await open(clientId, transcript);
      expect((await first.next('disconnect')).reasonCode).toBe(0x8e);
    });
  });
}
