import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { QoS } from '../../src/types.ts';
import { fresh, protocolLabel } from '../support/broker-sessions.ts';
import { describeWithMosquitto } from '../support/mosquitto.ts';
import { Counter } from './counter.ts';
import { answered, type Input, lost, produce, startBroker } from './flow.ts';
import { ChaosApp, drained } from './host.ts';
import { MemoryWatch } from './memory.ts';

/** By hand: `FLOOD_SECONDS=600`, with `FLOOD_RATE=200 FLOOD_PAYLOAD=256` so that the delivery afterwards has an end. */
const SECONDS = Number(process.env.FLOOD_SECONDS ?? 20);
/** Messages a second. */
const RATE = Number(process.env.FLOOD_RATE ?? 500);
/** Bytes. */
const PAYLOAD = Number(process.env.FLOOD_PAYLOAD ?? 4_096);
const TOPICS = 16;
/** A tenth of a second's messages at once: the flood is paced by the clock, as a flood is. */
const TICK = 100;
/** What is dropped has to be read and thrown away, which takes the heap a while to settle: more of it shows more. */
const rateAt = (qos: QoS) => (qos === 0 ? 4 * RATE : RATE);
/**
 * Resident bytes by which a host may grow after its warm-up: half of what a host would grow by that kept what comes in,
 * two fifths of the flood.
 */
const flatAt = (qos: QoS) => (SECONDS * rateAt(qos) * PAYLOAD) / 5;
const TIMEOUT = SECONDS * 4_000 + 120_000;

const padding = ` ${'x'.repeat(PAYLOAD)}`;

/** How much longer the guest stalls than the flood lasts, in seconds. */
const MARGIN = 4;

/** Sends for {@link SECONDS}; while the guest sleeps over a message its thread does nothing else. */
async function flood(url: string, prefix: string, qos: QoS): Promise<Input[]> {
  const inputs: Input[] = [];
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  function* messages(): Generator<Input> {
    while (seconds() < SECONDS) {
      const input = answered(prefix, inputs.length, TOPICS);
      inputs.push(input);
      yield { ...input, payload: input.payload + padding };
    }
  }
  await produce(url, messages(), qos, async () => {
    while (inputs.length > seconds() * rateAt(qos) + 1) await delay(TICK);
  });
  return inputs;
}

async function floodHost(qos: QoS, protocol: 5 | 4) {
  // Without a limit on what is in flight the broker pushes all it has at once: nothing but the host's own window and
  // the network between them holds it back.
  const broker = await startBroker(['max_inflight_messages 0']);
  const prefix = fresh('flood');
  const counter = await Counter.open(broker.url, prefix);
  const app = new ChaosApp({
    url: broker.url,
    lines: [
      `qos = ${qos}`,
      `topic = "${prefix}/in/+"`,
      `publish = ["${prefix}/out/#"]`,
      `protocol = ${protocol === 5 ? '5' : '"3.1.1"'}`,
      'timeout = "15m"',
      'keepalive = "2s"',
    ],
    top: ['drain = "120s"'],
  });
  const host = await app.serve();
  const stall = ['log the guest stalls', `sleep ${(SECONDS + MARGIN) * 1000}`];
  await produce(
    broker.url,
    stall.map((payload) => ({ topic: `${prefix}/in/0`, payload })),
    qos,
  );
  await host.waitFor('the guest stalls');
  const memory = new MemoryWatch(host.pid);
  const inputs = await flood(broker.url, prefix, qos);
  memory.stop();
  return { broker, counter, app, host, memory, inputs, prefix };
}

async function expectUnharmed(qos: QoS, protocol: 5 | 4): Promise<void> {
  const { broker, counter, app, host, memory, inputs } = await floodHost(qos, protocol);
  console.log(`flood at qos ${qos}, ${protocolLabel(protocol)}: ${memory}; ${inputs.length} messages`);
  expect(memory.growth, `${memory}`).toBeLessThan(flatAt(qos));
  expect(counter.distinct, 'handled while the guest stalled').toBeLessThan(inputs.length / 100);
  await counter.until(qos > 0 ? inputs.length : 1, 30_000);
  await drained(host, 130_000);
  await counter.fence();
  if (qos > 0) expect(lost(inputs, counter)).toEqual([]);
  else expect(host.stderr()).toMatch(/messages? dropped at qos 0/);
  if (qos === 2) expect(counter.repeated()).toEqual([]);
  expect(app.logs()).not.toMatch(/lost mqtt:|cannot reach/);
  expect(broker.log()).not.toMatch(/exceeded timeout/);
}

describeWithMosquitto(`a flood of ${RATE} messages a second against a guest that stalls for ${SECONDS} s`, () => {
  it.each([0, 1, 2] as const)(
    'costs no memory and no connection, and all is delivered afterwards (qos %i, MQTT 5 and 3.1.1)',
    async (qos) => {
      const both = await Promise.allSettled([expectUnharmed(qos, 5), expectUnharmed(qos, 4)]);
      for (const one of both) if (one.status === 'rejected') throw one.reason;
    },
    TIMEOUT,
  );
});
