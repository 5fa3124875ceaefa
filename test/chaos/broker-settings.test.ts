import { expect, it } from 'vitest';
import { fresh } from '../support/broker-sessions.ts';
import { eventually } from '../support/eventually.ts';
import { describeWithMosquitto, type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import { Counter } from './counter.ts';
import { answered, lost, produce, startBroker } from './flow.ts';
import { ChaosApp, drained } from './host.ts';

/** More than Mosquitto keeps for a session that is away unless told otherwise: `max_queued_messages`, 1,000. */
const BACKLOG = 3_000;
const MOSQUITTO_KEEPS = 1_000;

/** Everything that is sent to a host that is stopped, then started. */
async function backlog(broker: Mosquitto, qos: 1 | 2, between: () => Promise<void> = async () => {}) {
  const prefix = fresh('settings');
  const app = new ChaosApp({
    url: broker.url,
    lines: [`qos = ${qos}`, `topic = "${prefix}/in/+"`, `publish = ["${prefix}/out/#"]`],
  });
  await drained(await app.serve());
  const inputs = Array.from({ length: BACKLOG }, (_, n) => answered(prefix, n));
  await produce(broker.url, inputs, qos);
  await between();
  const counter = await Counter.open(broker.url, prefix);
  const host = await app.serve();
  return { counter, inputs, host, prefix };
}

describeWithMosquitto(`Mosquitto with ${BACKLOG} messages for a host that is stopped`, () => {
  it.each([1, 2] as const)('drops most of them, without a word, with its own default (qos %i)', async (qos) => {
    const broker = await startMosquitto({ persistence: true });
    const { counter, inputs, host, prefix } = await backlog(broker, qos);
    // One more on each topic: when they are answered, so is all that there was before.
    const last = Array.from({ length: 4 }, (_, n) => answered(prefix, BACKLOG + n));
    await produce(broker.url, last, qos);
    await eventually(() => lost(last, counter).length === 0, { timeout: 60_000 });
    expect(lost(inputs, counter).length).toBeGreaterThanOrEqual(BACKLOG - MOSQUITTO_KEEPS - 100);
    await drained(host);
  });

  it.each([1, 2] as const)("keeps them all with the README's settings (qos %i)", async (qos) => {
    const { counter, inputs, host } = await backlog(await startBroker(), qos);
    await counter.until(BACKLOG, 20_000);
    expect(lost(inputs, counter)).toEqual([]);
    await drained(host);
  });

  it.each([1, 2] as const)('keeps them all over its own restart, too (qos %i)', async (qos) => {
    const broker = await startBroker();
    const { counter, inputs, host } = await backlog(broker, qos, () => broker.restart());
    await counter.until(BACKLOG, 20_000);
    expect(lost(inputs, counter)).toEqual([]);
    expect(host.stderr()).toMatch(/subscriber connected.*session resumed/);
    await drained(host);
  });
});
