import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { buildGuest } from '../../guests/build.ts';
import { App, appToml } from '../e2e/app.ts';
import { fresh } from '../support/broker-sessions.ts';
import { describeWithBroker, type RunningBroker, startBrokerUnderTest } from '../support/brokers.ts';
import { atEnd } from '../support/cleanup.ts';
import { connectClient, publish } from '../support/mqtt-client.ts';
import { type SpawnedProcess, spawnProcess } from '../support/process.ts';
import { Counter } from './counter.ts';
import { diesAt } from './host.ts';

const BIN = fileURLToPath(new URL('../../host/bin.js', import.meta.url));
const MESSAGES = 30;

/** Where a message that a guest pulls, and what it publishes for it, may be when the process is killed. */
const FAILPOINTS = [
  'transaction.buffered',
  'in.handled',
  'in.committed',
  'in.acknowledged',
  'in.released',
  'in.unmarked',
  'in.completed',
  'out.identified',
  'out.published',
  'out.received',
  'out.released',
  'out.deleted',
];

/** Starts a command that receives for ever, to be killed at `failpoint` if one is given. */
async function start(app: App, failpoint?: string): Promise<SpawnedProcess> {
  const { path } = await buildGuest('pulling');
  const args = ['--conditions=failpoints', BIN, 'run', app.file, path, '--log-format', 'text'];
  const env = failpoint === undefined ? process.env : { ...process.env, HOST_FAILPOINT: failpoint };
  const host = spawnProcess(process.execPath, args, { env });
  atEnd(() => (host.running ? host.kill('SIGKILL') : host.exited));
  await host.waitFor(/subscribed to|session resumed/);
  return host;
}

describeWithBroker('a guest that pulls at qos 2, killed at a failpoint', () => {
  let broker: RunningBroker;
  beforeAll(async () => {
    broker = await startBrokerUnderTest();
  });

  it.each(FAILPOINTS.flatMap((failpoint) => [[failpoint, '5'] as const, [failpoint, '"3.1.1"'] as const]))(
    '%s: each message has its effect once (protocol %s)',
    async (failpoint, protocol) => {
      const prefix = fresh('pull');
      const binding = [`topic = "${prefix}/in/+"`, 'qos = 2', 'delivery = "pull"', `publish = ["${prefix}/out/#"]`];
      const toml = appToml(
        [{ url: broker.url, lines: [...binding, `protocol = ${protocol}`] }],
        ['name = "chaos"', '[guest]', `args = ["echo ${prefix}/in/+ ${prefix}/out/"]`],
      );
      const app = new App(toml);
      const counter = await Counter.open(broker.url, prefix);
      await (await start(app)).kill('SIGTERM');
      const producer = await connectClient(broker.url);
      for (let n = 0; n < MESSAGES; n++) await publish(producer, `${prefix}/in/${n % 3}`, String(n), { qos: 2 });
      await diesAt(await start(app, `${failpoint}:4`), failpoint);
      const host = await start(app);
      await counter.until(MESSAGES, 20_000);
      expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      await counter.fence();
      expect([counter.distinct, counter.repeated()]).toEqual([MESSAGES, []]);
    },
  );
});
