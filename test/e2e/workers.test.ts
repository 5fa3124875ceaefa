import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { freePort } from '../support/ports.ts';
import { App, appToml } from './app.ts';

const TOPICS = ['a', 'b', 'c', 'd', 'e'];
const EACH = 12;

const top = (instances: number, workers: number, more: readonly string[] = []) => [
  'name = "e2e"',
  '',
  '[guest]',
  `instances = ${instances}`,
  `workers = ${workers}`,
  ...more,
];

/** Most messages work for different times; some fail at first, and one gets stuck. Each publishes its number. */
function command(topic: string, number: number): string {
  const out = `out/${topic}/${number}`;
  if (topic === 'c' && number === 5) return `until 2 loop ${out}`;
  if (number % 5 === 2) return `until 2 ${number % 2 === 0 ? 'err' : 'trap'} ${out}`;
  return `work ${out} ${(number * 7 + topic.charCodeAt(0)) % 4}`;
}

describeWithMosquitto('[guest] instances and workers', () => {
  it.each([
    [0, 16, 3],
    [1, 1, 1],
    [1, 16, 3],
    [2, 4, 1],
    [2, 4, 3],
    [2, 16, 3],
  ] as const)(
    'keep the order of each topic at qos %i with %i instances in %i workers, though messages fail and one gets stuck',
    async (qos, instances, workers) => {
      const { url } = await startMosquitto({ extraConfig: ['max_queued_messages 10000'] });
      const lines = [`qos = ${qos}`, 'topic = "in/+"', 'publish = ["out/#"]', 'timeout = "3s"'];
      const binding = { url, lines: [...lines, 'retry = { initial = "20ms" }'] };
      const host = await new App(appToml([binding], top(instances, workers))).serve('misbehaving');
      await host.waitFor(/subscribed to "in/);
      const client = await connectClient(url);
      const out = await collect(client, 'out/#', { qos: 2 });
      for (let number = 0; number < EACH; number++)
        await Promise.all(TOPICS.map((topic) => publish(client, `in/${topic}`, command(topic, number), { qos })));
      for (const topic of TOPICS) await publish(client, `in/${topic}`, `work out/${topic}/${EACH}`, { qos });
      const seen = (topic: string) =>
        out.received.flatMap((one) => one.topic.match(`^out/${topic}/(\\d+)$`)?.[1] ?? []);
      await eventually(() => TOPICS.every((topic) => seen(topic).includes(String(EACH))), { timeout: 60_000 });
      for (const topic of TOPICS) {
        const all = seen(topic).map(Number);
        // At qos 1 a call that was lost for the stuck one's sake has published before, and does so again.
        const numbers = qos === 2 ? all : all.filter((number, i) => number !== all[i - 1]);
        const due = Array.from({ length: EACH + 1 }, (_, number) => number);
        expect(numbers, topic).toEqual(
          due.filter((n) => qos > 0 || n === EACH || command(topic, n).startsWith('work')),
        );
      }
      expect(host.stderr()).not.toMatch(/dead letter/i);
      expect(host.stderr().match(/a call on in\/c ran longer/g)?.length).toBeGreaterThanOrEqual(1);
      expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    },
  );

  it('have guests of other workers run while one never comes to an end', async () => {
    const { url } = await startMosquitto();
    const port = await freePort();
    const lines = ['qos = 1', 'topic = "in/+"', 'publish = ["out/#"]', 'timeout = "10m"'];
    const telemetry = ['[telemetry]', `http = "127.0.0.1:${port}"`];
    const app = new App(appToml([{ url, lines }], ['drain = "1s"', ...top(2, 2, telemetry)]));
    const host = await app.serve('misbehaving');
    await host.waitFor(/subscribed to "in/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'in/stuck', 'log here');
    await host.waitFor(/here/);
    await publish(client, 'in/stuck', 'loop');
    // The first topic has the one instance, so that these have the other, which is in the other worker.
    for (let i = 0; i < 20; i++) await publish(client, 'in/other', `work out/${i} 1`);
    await out.until(20, 60_000);
    expect(out.received.map(({ topic }) => topic)).toEqual(Array.from({ length: 20 }, (_, i) => `out/${i}`));
    expect(host.stderr()).not.toMatch(/worker .*ended|ran longer/i);
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toMatch(/^host_workers 2$/m);
    // The stuck call is cut at the end of "drain".
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});
