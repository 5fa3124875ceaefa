import { expect, it } from 'vitest';
import type { QoS } from '../../src/types.ts';
import { fresh } from '../support/broker-sessions.ts';
import { describeWithMosquitto } from '../support/mosquitto.ts';
import { Counter } from './counter.ts';
import { answered, type Input, lost, produce, startBroker } from './flow.ts';
import { ChaosApp } from './host.ts';

const MESSAGES = 10_000;
/** Behind the poison on its topic. */
const BEHIND = 50;

const poisonApp = (url: string, prefix: string, qos: QoS, protocol: 5 | 4) =>
  new ChaosApp({
    url,
    lines: [
      `qos = ${qos}`,
      `topic = "${prefix}/in/+"`,
      `publish = ["${prefix}/out/#"]`,
      `protocol = ${protocol === 5 ? '5' : '"3.1.1"'}`,
      // It goes on failing for as long as the test runs.
      'retry = { attempts = 10000, initial = "500ms", max = "500ms", jitter = 0 }',
    ],
  });

const others = (prefix: string): Input[] =>
  Array.from({ length: MESSAGES }, (_, n) => {
    const output = `${prefix}/out/${n}`;
    return { topic: `${prefix}/in/other`, payload: `publish ${output} 1`, output };
  });

const behind = (prefix: string): Input[] =>
  Array.from({ length: BEHIND }, (_, n) => ({ ...answered(prefix, MESSAGES + n), topic: `${prefix}/in/poison` }));

/** The number of the last attempt on the poison that the host has told of. */
function lastAttempt(log: string): number {
  return Math.max(0, ...[...log.matchAll(/attempt (\d+) of 10000 on/g)].map(([, attempt]) => Number(attempt)));
}

describeWithMosquitto('a message on which the guest fails for ever', () => {
  it.each(([1, 2] as const).flatMap((qos) => ([5, 4] as const).map((protocol) => [qos, protocol] as const)))(
    `holds back its own topic and none of ${MESSAGES} messages on another (qos %i, protocol %i)`,
    async (qos, protocol) => {
      const broker = await startBroker();
      const prefix = fresh('poison');
      const counter = await Counter.open(broker.url, prefix);
      const host = await poisonApp(broker.url, prefix, qos, protocol).serve();
      const poison = { topic: `${prefix}/in/poison`, payload: 'err' };
      await produce(broker.url, [poison], qos);
      await host.waitFor(/attempt 1 of 10000/);
      await produce(broker.url, behind(prefix), qos);
      const inputs = others(prefix);
      await produce(broker.url, inputs, qos);
      await counter.until(MESSAGES, 20_000);
      expect(lost(inputs, counter)).toEqual([]);
      // All of that came while the poison was being tried: it fails once more, and nothing passed it.
      const attempts = lastAttempt(host.stderr());
      await host.waitFor(new RegExp(`attempt ${attempts + 1} of 10000`));
      expect(host.stderr()).not.toMatch(/is a dead letter/);
      expect(behind(prefix).filter(({ output = '' }) => counter.copies(output) > 0)).toEqual([]);
      expect(counter.distinct).toBe(MESSAGES);
      expect(host.stderr()).not.toMatch(/lost mqtt:/);
    },
    180_000,
  );

  it.each([5, 4] as const)(
    `costs others nothing at qos 0, where it is not tried again (protocol %i)`,
    async (protocol) => {
      const broker = await startBroker();
      const prefix = fresh('poison');
      const counter = await Counter.open(broker.url, prefix);
      const host = await poisonApp(broker.url, prefix, 0, protocol).serve();
      const inputs = others(prefix);
      // A poison before every tenth message, each within the window: at qos 0 a full window drops.
      const mixed = inputs.flatMap((input, n) =>
        n % 10 === 0 ? [{ topic: `${prefix}/in/poison`, payload: 'err' }, input] : [input],
      );
      let sent = 0;
      await produce(broker.url, mixed, 0, async () => {
        if (sent > 500) await counter.until(Math.ceil((sent - 500) * (MESSAGES / mixed.length)), 20_000);
        sent++;
      });
      await counter.until(MESSAGES, 20_000);
      expect(host.stderr()).toMatch(/failed and is not tried again/);
      expect(host.stderr()).not.toMatch(/dropped/);
    },
    180_000,
  );
});
