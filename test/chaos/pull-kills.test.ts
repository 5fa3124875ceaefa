import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { App, appToml } from '../e2e/app.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { connectClient, listen, publish } from '../support/mqtt-client.ts';

const KILLS = Number(process.env.KILLS ?? 20);
const MESSAGES = Number(process.env.MESSAGES ?? KILLS * 100);
const TOPICS = 5;
/** Below Mosquitto's receive maximum of 20. */
const PRODUCER_WINDOW = 10;

/** What the broker has acknowledged. */
interface Produced {
  count: number;
}

/** Publishes numbered jobs, the next ones as long as no more than `ahead` of them are undone. */
async function produce(url: string, done: () => number, ahead: number, produced: Produced): Promise<void> {
  const client = await connectClient(url);
  const unanswered = new Set<Promise<void>>();
  for (let n = 0; n < MESSAGES; n++) {
    while (n - done() > ahead) await delay(2);
    const sent: Promise<void> = publish(client, `jobs/${n % TOPICS}`, `job ${n}`, { qos: 2 }).finally(() => {
      produced.count++;
      unanswered.delete(sent);
    });
    unanswered.add(sent);
    if (unanswered.size >= PRODUCER_WINDOW) await Promise.race(unanswered);
  }
  await Promise.all(unanswered);
}

describeWithMosquitto(`a guest that pulls at qos 2 and publishes one event for each, killed ${KILLS} times`, () => {
  it.each(['5', '"3.1.1"'])(
    'loses nothing and repeats nothing (protocol %s)',
    async (protocol) => {
      const { url } = await startMosquitto({ persistence: true, extraConfig: ['max_queued_messages 0'] });
      const lines = [
        'qos = 2',
        'queue = "jobs/+"',
        'delivery = "pull"',
        'publish = ["done/+"]',
        `protocol = ${protocol}`,
      ];
      const app = new App(appToml([{ url, lines }]));
      const counter = await connectClient(url);
      const done = listen(counter, 'done/#');
      await counter.subscribeAsync('done/#', { qos: 2 });
      let host = await app.serve('pull-worker', ['--log', 'info']);
      await host.waitFor(/subscribed to/);
      const count = () => done.received.length;
      const produced = { count: 0 };
      const producing = produce(url, count, 150, produced);
      for (let kill = 1; kill <= KILLS; kill++) {
        await done.until(Math.floor((kill * MESSAGES * 0.9) / (KILLS + 1)), 60_000);
        await delay(Math.random() * 20);
        // So that there are jobs between PUBLISH in and PUBCOMP out.
        while (produced.count - count() < 20) await delay(1);
        await host.kill('SIGKILL');
        host = await app.run('pull-worker', ['--log', 'info']);
      }
      await producing;
      await done.until(MESSAGES, 60_000);
      expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      // Whatever was repeated has come by now: the broker keeps the order of a session.
      await publish(counter, 'done/fence', JSON.stringify({ text: 'fence' }), { qos: 2 });
      await done.until(MESSAGES + 1);
      while (!done.texts().some((text) => text.includes('fence'))) await done.until(done.received.length + 1);
      const jobs = done.received.map(({ text }) => jobOf(text)).filter((job) => job !== 'fence');
      expect(jobs.toSorted()).toEqual(Array.from({ length: MESSAGES }, (_, n) => `job ${n}`).toSorted());
    },
    300_000,
  );
});

/** The job that an answer is for, in either mode of CloudEvents. */
function jobOf(text: string): string {
  const parsed = JSON.parse(text) as { readonly text?: string; readonly data_base64?: string };
  return parsed.data_base64 === undefined ? (parsed.text ?? '') : jobOf(atob(parsed.data_base64));
}
