import { expect, it } from 'vitest';
import { missingFor } from '../../guests/build.ts';
import { App, appToml } from '../e2e/app.ts';
import { stepsApp } from '../e2e/steps.ts';
import { eventually, within } from '../support/eventually.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { type Collector, collect, connectClient, publish } from '../support/mqtt-client.ts';

const EVENTS = Number(process.env.EVENTS ?? 100_000);
const PRODUCER_WINDOW = 20;

async function produce(url: string, topic: string, count: number): Promise<void> {
  const client = await connectClient(url, { reconnectPeriod: 100, clean: false, clientId: 'producer' });
  const unanswered = new Set<Promise<void>>();
  for (let n = 0; n < count; n++) {
    const sent: Promise<void> = publish(client, `${topic}/${n % 8}`, String(n)).finally(() => unanswered.delete(sent));
    unanswered.add(sent);
    if (unanswered.size >= PRODUCER_WINDOW) await Promise.race(unanswered);
  }
  await Promise.all(unanswered);
}

describeWithMosquitto(`a guest that reads ${EVENTS} events from a stream at qos 1`, () => {
  it('gets every one, through a restart of the broker that it does not notice', async () => {
    const broker = await startMosquitto({ persistence: true, extraConfig: ['max_queued_messages 0'] });
    const steps = [`distinct in/+ out/d ${EVENTS}`];
    const app = stepsApp(broker.url, steps, ['topic = "in/+"', 'qos = 1'], ['durability = "process"']);
    const host = await app.run('pulling', ['--log', 'info']);
    await host.waitFor(/subscribed to "in/);
    const started = performance.now();
    const produced = produce(broker.url, 'in', EVENTS);
    await host.waitFor(`${EVENTS / 2} read`, { timeout: 200_000 });
    await broker.restart();
    const { code } = await within(host.exited, 200_000, () => host.stderr().slice(-2_000));
    const seconds = (performance.now() - started) / 1000;
    await produced;
    expect(code, host.stderr().slice(-2_000)).toBe(0);
    expect(host.stderr()).toMatch(/subscriber lost/);
    console.log(`${EVENTS} events in ${seconds.toFixed(0)} s, ${(EVENTS / seconds).toFixed(0)} a second`);
  }, 450_000);
});

const BATCHED = EVENTS / 5;
const missing = missingFor('batcher');
const skipped = missing.length > 0 ? ` (skipped: ${missing.join(', ')} not found)` : '';

/** Of `{"data":<number>}` in arrays of CloudEvents. */
function numbersIn({ texts }: Collector): Set<number> {
  return new Set(texts().flatMap((text) => (JSON.parse(text) as { data: number }[]).map(({ data }) => data)));
}

describeWithMosquitto(`guests/batcher, which is in Rust, with ${BATCHED} events${skipped}`, () => {
  it.skipIf(missing.length > 0)(
    'batches every one, through a restart of the broker',
    async () => {
      const broker = await startMosquitto({ persistence: true, extraConfig: ['max_queued_messages 0'] });
      const lines = [
        'topic = "readings/+"',
        'qos = 1',
        'delivery = "pull"',
        'transactional = true',
        'publish = ["batches"]',
      ];
      const top = ['name = "e2e"', 'durability = "process"', '[guest]', 'args = ["64"]'];
      const host = await new App(appToml([{ url: broker.url, lines }], top)).run('batcher', ['--log', 'info']);
      await host.waitFor(/subscribed to "readings/);
      const properties = { sessionExpiryInterval: 600 };
      const collector = { clientId: 'collector', clean: false, reconnectPeriod: 100, properties };
      const batches = await collect(await connectClient(broker.url, collector), 'batches');
      const produced = produce(broker.url, 'readings', BATCHED);
      await batches.until(BATCHED / 128, 200_000);
      await broker.restart();
      await produced;
      // What fills no batch stays in the guest: more readings drive it out.
      const more = await connectClient(broker.url);
      const driveOut = async () => {
        for (let n = 0; n < 16; n++) await publish(more, 'readings/more', '-1');
        return numbersIn(batches).size === BATCHED + 1;
      };
      await eventually(driveOut, { interval: 500, timeout: 200_000 });
      expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(host.stderr()).toMatch(/subscriber lost/);
    },
    600_000,
  );
});
