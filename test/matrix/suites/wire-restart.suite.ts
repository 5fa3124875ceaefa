import { beforeAll, describe, expect } from 'vitest';
import { fresh, protocolLabel } from '../../support/broker-sessions.ts';
import type { RunningBroker } from '../../support/brokers.ts';
import { Transcript } from '../transcript.ts';
import { probe, Wire } from '../wire.ts';
import { broker } from './broker.ts';

let running: RunningBroker;
beforeAll(async () => {
  running = await broker.start();
});

const texts = Array.from({ length: 12 }, (_, n) => `m${n}`);
/** More than any default of a broker's that is known to drop. */
const BACKLOG = 3_000;

const ENDS = {
  'clean restart': () => running.restart(),
  'kill -9': async () => {
    await running.kill();
    await running.restart();
  },
};

for (const protocol of broker.protocols) {
  describe(protocolLabel(protocol), () => {
    const open = (clientId: string, transcript: Transcript) =>
      Wire.open(running.port, clientId, transcript, { protocol });

    for (const [label, end] of Object.entries(ENDS)) {
      for (const qos of [1, 2] as const) {
        probe(`${label}: what it had acknowledged for an absent session is there (QoS ${qos})`, async (transcript) => {
          const [topic, clientId] = [fresh('t'), fresh('subscriber')];
          const subscriber = await open(clientId, transcript);
          await subscriber.subscribe(topic, qos);
          await subscriber.cut();
          const publisher = await open(fresh('publisher'), transcript);
          for (const text of texts) await publisher.deliver(topic, text, qos);
          transcript.note(`--- ${label} of the broker`);
          await end();
          const back = await open(clientId, transcript);
          expect(back.sessionPresent).toBe(true);
          const came = [];
          while (came.length < texts.length) came.push(await back.take());
          expect(came.toSorted()).toEqual(texts.toSorted());
        });
      }

      probe(`${label}: a PUBLISH sent again with DUP arrives once (QoS 2)`, async (transcript) => {
        const [topic, clientId, publisherId] = [fresh('t'), fresh('subscriber'), fresh('publisher')];
        const subscriber = await open(clientId, transcript);
        await subscriber.subscribe(topic, 2);
        const publisher = await open(publisherId, transcript);
        const id = publisher.publish(topic, 'm', 2);
        await publisher.next('pubrec');
        transcript.note(`--- ${label} of the broker`);
        await end();
        const again = await open(publisherId, transcript);
        expect(again.sessionPresent).toBe(true);
        again.publish(topic, 'm', 2, { dup: true, id });
        await again.next('pubrec');
        again.answer('pubrel', id);
        await again.next('pubcomp');
        const back = await open(clientId, transcript);
        expect(await back.take()).toBe('m');
        await again.deliver(topic, 'last', 2);
        expect(await back.take()).toBe('last');
      });

      probe(`${label}: a message half received goes on with PUBREL and arrives once (QoS 2)`, async (transcript) => {
        const [topic, clientId, publisherId] = [fresh('t'), fresh('subscriber'), fresh('publisher')];
        const subscriber = await open(clientId, transcript);
        await subscriber.subscribe(topic, 2);
        const publisher = await open(publisherId, transcript);
        const id = publisher.publish(topic, 'm', 2);
        await publisher.next('pubrec');
        transcript.note(`--- ${label} of the broker`);
        await end();
        const again = await open(publisherId, transcript);
        expect(again.sessionPresent).toBe(true);
        again.answer('pubrel', id);
        await again.next('pubcomp');
        const back = await open(clientId, transcript);
        expect(await back.take()).toBe('m');
      });
    }

    probe('clean restart: a queue is still subscribed', async (transcript) => {
      const [topic, clientId] = [fresh('t'), fresh('member')];
      const member = await open(clientId, transcript);
      await member.subscribe(`$share/g/${topic}`, 1);
      await member.cut();
      transcript.note('--- clean restart of the broker');
      await running.restart();
      const publisher = await open(fresh('publisher'), transcript);
      await publisher.deliver(topic, 'm', 1);
      const back = await open(clientId, transcript);
      expect(await back.take()).toBe('m');
    });

    probe(`backlog: ${BACKLOG} messages for an absent session are kept (QoS 1)`, async (transcript) => {
      const quiet = new Transcript();
      const [topic, clientId] = [fresh('t'), fresh('subscriber')];
      const subscriber = await open(clientId, quiet);
      await subscriber.subscribe(topic, 1);
      await subscriber.cut();
      const publisher = await open(fresh('publisher'), quiet);
      for (let n = 0; n < BACKLOG; n++) await publisher.deliver(topic, `m${n}`, 1);
      const back = await open(clientId, quiet);
      const came = new Set<string>();
      try {
        while (came.size < BACKLOG) came.add(await back.take());
      } finally {
        transcript.note(`${came.size} of ${BACKLOG} came`);
      }
    });
  });
}
