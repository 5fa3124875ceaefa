import { expect, it } from 'vitest';
import { stepsApp } from '../e2e/steps.ts';
import { within } from '../support/eventually.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { connectClient, publish } from '../support/mqtt-client.ts';

const EVENTS = Number(process.env.EVENTS ?? 100_000);
const PRODUCER_WINDOW = 20;

async function produce(url: string): Promise<void> {
  const client = await connectClient(url, { reconnectPeriod: 100, clean: false, clientId: 'producer' });
  const unanswered = new Set<Promise<void>>();
  for (let n = 0; n < EVENTS; n++) {
    const sent: Promise<void> = publish(client, `in/${n % 8}`, String(n)).finally(() => unanswered.delete(sent));
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
    const produced = produce(broker.url);
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
