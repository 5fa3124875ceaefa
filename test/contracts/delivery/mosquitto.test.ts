import { expect, it } from 'vitest';
import { mqttBroker } from '../../../src/broker/index.ts';
import type { Subscriber } from '../../../src/broker.ts';
import { openJournal } from '../../../src/journal/index.ts';
import type { Outbox, OutboxRow, OutgoingEvent } from '../../../src/journal.ts';
import type { MqttVersion } from '../../../src/types.ts';
import { ERR, IDENTITY, OK, publishOf, setUp } from '../../delivery/harness.ts';
import { randomFrom } from '../../events/samples.ts';
import { atEnd } from '../../support/cleanup.ts';
import { eventually } from '../../support/eventually.ts';
import { describeWithMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { connectClient } from '../../support/mqtt-client.ts';
import { startProxy } from '../../support/proxy.ts';
import { tempDirectory } from '../../support/temp.ts';

const CUTS = 3;
/** A connection that lives shorter may be taken for one that another client took over, in milliseconds. */
const LIFE = 1_100;
const TOPICS = 5;

/** A delivery on the driver and a journal on disk, whose guest answers at once and fails now and then. */
async function serve(port: number, protocol: MqttVersion) {
  const journal = await openJournal({ dir: tempDirectory('delivery'), durability: 'process' });
  atEnd(() => journal.close());
  const outbox: Outbox = await journal.outbox('pub', 'b0');
  const disk = { inbox: journal.inbox('b0', IDENTITY), sessions: journal.sessions, outbox };
  const retry = { attempts: 20, initial: 5, max: 50, jitter: 0 };
  const set = setUp({ qos: 2, retry, filters: ['in/#'], maxInFlight: 40 }, { disk, capacity: 16 });
  const random = randomFrom(protocol);
  set.pool.onCall = ({ call, resolve }) => {
    const text = Buffer.from(call.event.data).toString();
    call.transaction?.publishes.push(publishOf(text, outbox));
    setImmediate(() => resolve(random() < 0.05 ? ERR : OK));
  };
  const display = `tcp://127.0.0.1:${port}`;
  const address = { protocol: 'mqtt', host: '127.0.0.1', port, path: '', display } as const;
  const connection = { addresses: [address], keepalive: 30_000, protocol };
  const bounds = { sessionExpiry: 60_000, maxInFlight: 40, maxBytesInFlight: 1_000_000 };
  const subscriber: Subscriber = mqttBroker().openSubscriber(
    { binding: 'b0', connection, clientId: `sub-${protocol}`, qos: 2, ...bounds },
    set.delivery,
  );
  set.delivery.start(subscriber);
  atEnd(() => subscriber.close({ endSession: true, timeout: 1_000 }));
  const effects = () => outbox.ready().map((row: OutboxRow) => (outbox.load(row) as OutgoingEvent).event.id);
  return { ...set, subscriber, outbox, effects, journal };
}

/** Cuts the connection in the middle of what goes on, {@link CUTS} times. */
function cutAgain(proxy: { cut(): void }, subscriber: Subscriber): { readonly cuts: number } {
  const counted = { cuts: 0 };
  let since = 0;
  const timer = setInterval(() => {
    if (!subscriber.online) since = 0;
    else if (since === 0) since = performance.now();
    else if (performance.now() - since > LIFE && counted.cuts < CUTS) {
      proxy.cut();
      counted.cuts++;
      since = 0;
    }
  }, 10);
  atEnd(() => clearInterval(timer));
  return counted;
}

describeWithMosquitto('a delivery at a broker whose connection is lost again and again', () => {
  it.each([4, 5] as const)(
    'repeats nothing, loses nothing and keeps order (protocol %i)',
    { timeout: 60_000 },
    async (protocol) => {
      const mosquitto = await startMosquitto({ extraConfig: ['max_queued_messages 0'] });
      const proxy = await startProxy(mosquitto.port);
      const { delivery, subscriber, outbox, effects, journal } = await serve(proxy.port, protocol);
      await eventually(() => delivery.isSubscribed);
      const client = await connectClient(mosquitto.url);
      const cutting = cutAgain(proxy, subscriber);
      let sent = 0;
      while (cutting.cuts < CUTS) {
        const batch = Array.from({ length: 10 }, () => sent++);
        await Promise.all(batch.map((n) => client.publishAsync(`in/${n % TOPICS}`, `${n}`, { qos: 2 })));
      }
      await eventually(() => outbox.size >= sent, { timeout: 30_000 });
      await eventually(() => subscriber.online && subscriber.inFlight.messages === 0);
      await eventually(() => journal.size().spilled === 0);
      const numbers = effects().map(Number);
      expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: sent }, (_, n) => n));
      for (let topic = 0; topic < TOPICS; topic++) {
        const ofTopic = numbers.filter((n) => n % TOPICS === topic);
        expect(ofTopic).toEqual(ofTopic.toSorted((a, b) => a - b));
      }
    },
  );
});
