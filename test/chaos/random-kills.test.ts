import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readJournal } from '../../src/journal/index.ts';
import type { MqttVersion } from '../../src/types.ts';
import { fresh, protocolLabel } from '../support/broker-sessions.ts';
import { atEnd } from '../support/cleanup.ts';
import { describeWithMosquitto } from '../support/mosquitto.ts';
import { spawnProcess } from '../support/process.ts';
import { type ChaosProxy, startChaosProxy } from './chaos-proxy.ts';
import { Counter } from './counter.ts';
import { answered, expectOrder, type Input, lost, startBroker } from './flow.ts';
import { ChaosApp, drained } from './host.ts';
import { type Killed, killAtRandom } from './killing.ts';
import { seeded } from './seeded.ts';

/** By hand: `KILLS=30 MESSAGES=20000`; `SEED=…` repeats the moments of a run as far as clocks allow. */
const KILLS = Number(process.env.KILLS ?? 5);
const MESSAGES = Number(process.env.MESSAGES ?? (KILLS > 5 ? 20_000 : 3_000));
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const TIMEOUT = 120_000 + KILLS * 10_000 + MESSAGES * 20;
const TOPICS = 8;

const STOCK = fileURLToPath(new URL('./stock-client.ts', import.meta.url));

type Flow = (prefix: string, n: number) => Input;

const plain: Flow = (prefix, n) => answered(prefix, n, TOPICS);

/** One message in ten fails twice, one in thirty for good: topics wait, windows fill up, messages are spilled. */
const failing: Flow = (prefix, n) => {
  const { topic, ...input } = plain(prefix, n);
  if (n % 30 === 7) return { topic, payload: `err ${n}` };
  return n % 10 === 3 ? { topic, payload: 'fail-until 3' } : { topic, ...input };
};

async function setting({ kills = KILLS, messages = MESSAGES, flow = plain } = {}) {
  const broker = await startBroker();
  const proxy = await startChaosProxy(broker.port);
  const prefix = fresh('kills');
  // The last one on each topic is answered, and tells that what came before has an end.
  const inputs = Array.from({ length: messages + TOPICS }, (_, n) => (n < messages ? flow : plain)(prefix, n));
  const counter = await Counter.open(broker.url, prefix);
  return { proxy, prefix, inputs, counter, url: broker.url, qos: 2, kills, random: seeded(SEED) } as const;
}

type Setting = Awaited<ReturnType<typeof setting>>;

const appOf = ({ proxy, prefix }: Setting, protocol: MqttVersion, more: readonly string[] = []) =>
  new ChaosApp({
    url: behind(proxy),
    lines: [
      'qos = 2',
      `topic = "${prefix}/in/+"`,
      `publish = ["${prefix}/out/#"]`,
      `protocol = ${protocol === 5 ? '5' : '"3.1.1"'}`,
      ...more,
    ],
  });

/** The flow through hosts that are killed; checks what came of it, and leaves a drained host. */
async function expectExact(what: string, app: ChaosApp, { inputs, counter, ...rest }: Setting, cuts = 0) {
  await drained(await app.serve());
  const killed = await killAtRandom({ ...rest, inputs, counter, cuts, start: () => app.start() });
  await killed.program.waitFor(/subscriber connected/);
  await drained(killed.program);
  await counter.fence();
  const [gone, repeated] = [lost(inputs, counter), counter.repeated()];
  report(what, killed, `${gone.length} lost, ${repeated.length} repeated`);
  expect({ gone, repeated }, app.logs()).toEqual({ gone: [], repeated: [] });
  expectOrder(inputs, counter);
  expect(killed.counted.length, 'kills with a message under way').toBe(KILLS);
}

/** The same flow through a program with stock mqtt.js; resolves with how many messages were lost and repeated. */
async function stock(protocol: MqttVersion, kills: number) {
  const { prefix, ...rest } = await setting({ kills });
  const { inputs, counter, proxy } = rest;
  const start = async () => {
    const program = spawnProcess(process.execPath, [STOCK, behind(proxy), prefix, String(protocol)]);
    atEnd(() => program.kill('SIGKILL'));
    return program;
  };
  const first = await start();
  await first.waitFor('subscribed');
  await first.kill('SIGKILL');
  await proxy.atDeath();
  const killed = await killAtRandom({ ...rest, start, lossy: kills > 0 });
  await counter.fence();
  const [gone, repeated] = [lost(inputs, counter).length, counter.repeated().length];
  report(`stock mqtt.js, ${protocolLabel(protocol)}`, killed, `${gone} lost, ${repeated} repeated`);
  return { gone, repeated };
}

function report(what: string, { counted, idle }: Killed, rest: string): void {
  const recorded = counted.filter((held) => held.recorded > 0).length;
  console.log(
    `${what}, seed ${SEED}: ${counted.length} kills with messages under way (${recorded} of them after a PUBREC), ${idle} others; ${rest}`,
  );
}

const behind = (proxy: ChaosProxy) => `mqtt://127.0.0.1:${proxy.port}`;

describeWithMosquitto(`${KILLS} kills at random in ${MESSAGES} messages at qos 2`, () => {
  it.each([5, 4] as const)(
    'lose nothing and repeat nothing (protocol %i)',
    async (protocol) => {
      const run = await setting();
      await expectExact(protocolLabel(protocol), appOf(run, protocol), run);
    },
    TIMEOUT,
  );

  it.each([5, 4] as const)(
    'lose and repeat nothing, no dead letter either, where messages and the network fail, too (protocol %i)',
    async (protocol) => {
      const run = await setting({ messages: Math.ceil(MESSAGES / 3), flow: failing });
      const retry = 'retry = { attempts = 3, initial = "50ms", jitter = 0 }';
      const app = appOf(run, protocol, ['max_in_flight = 20', retry]);
      await expectExact(`failing messages and networks, ${protocolLabel(protocol)}`, app, run, 3);
      const journal = readJournal(app.stateDir);
      const letters = journal.deadLetters().map(({ event }) => Buffer.from(event.data).toString());
      journal.close();
      const failed = run.inputs.filter(({ payload }) => payload.startsWith('err')).map(({ payload }) => payload);
      expect(letters.toSorted()).toEqual(failed.toSorted());
    },
    TIMEOUT,
  );

  it.each([5, 4] as const)(
    'make a program with stock mqtt.js lose or repeat messages (protocol %i)',
    async (protocol) => {
      expect(await stock(protocol, 0), 'without kills').toEqual({ gone: 0, repeated: 0 });
      const { gone, repeated } = await stock(protocol, KILLS);
      expect(gone + repeated).toBeGreaterThan(0);
    },
    TIMEOUT,
  );
});
