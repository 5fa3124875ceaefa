import { expect, it } from 'vitest';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';
import { stepsApp } from './steps.ts';

const OK = { code: 0, signal: null };
const lastLine = (stderr: string) => stderr.trimEnd().split('\n').at(-1);
const retry = 'retry = { attempts = 2, initial = "10ms" }';

/** An app whose handlers take steps on `do` and `step`, and pull from `a/+`, at qos 2. */
function handlers(url: string, lines: readonly string[] = []): App {
  const binding = (...more: string[]) => ({ url, lines: ['publish = ["out/#"]', 'qos = 2', retry, ...more] });
  const toml = appToml([
    binding('topic = "do"', 'delivery = "push"', ...lines),
    binding('topic = "step"', 'delivery = "push"', 'on_message = "on_step"', ...lines),
    binding('topic = "a/+"', 'delivery = "pull"', ...lines),
  ]);
  return new App(toml);
}

async function served(app: App) {
  const host = await app.serve('pulling');
  for (const filter of [/"do" at/, /"step" at/, /"a\/\+" at/]) await host.waitFor(filter);
  return host;
}

/** A command that pulls from `a/+` and `b/+` at qos 2. */
function twoBindings(url: string, steps: readonly string[], lines: readonly string[] = []): App {
  const binding = (filter: string) => ({
    url,
    lines: [`topic = "${filter}"`, 'delivery = "pull"', 'publish = ["out/#"]', 'qos = 2', ...lines],
  });
  const args = `args = ${JSON.stringify(steps)}`;
  return new App(appToml([binding('a/+'), binding('b/+')], ['name = "e2e"', '[guest]', args]));
}

describeWithMosquitto('a handler that pulls', () => {
  it.each([
    ['loops beside a read of a stream', 'step', 'loop-beside-read a/+'],
    ['receives for ever what it may not', 'do', 'loop-refused other/+'],
  ])('and %s is ended, and others go on', async (_, topic, step) => {
    const { url } = await startMosquitto();
    const host = await served(handlers(url, ['timeout = "1s"']));
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    await publish(client, topic, step, { qos: 2 });
    await host.waitFor(/is a dead letter after 2 attempts: the guest did not return within/, { timeout: 60_000 });
    await publish(client, 'do', 'publish out/x on', { qos: 2 });
    expect((await out.next()).text).toBe('on');
    expect(await host.kill('SIGTERM')).toEqual(OK);
  });

  it('may wait for a message longer than its timeout', async () => {
    const { url } = await startMosquitto();
    const host = await served(handlers(url, ['timeout = "1s"']));
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    await publish(client, 'do', 'receive a/+ out/a 1', { qos: 2 });
    await host.waitFor(/received "do"/);
    // It is about time that passes.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await publish(client, 'a/1', 'late', { qos: 2 });
    expect((await out.next()).text).toBe('late');
    expect(host.stderr()).not.toMatch(/failed|worker/);
    expect(await host.kill('SIGTERM')).toEqual(OK);
  });

  it('dies on a message until its attempts are used up, and that is the dead letter', async () => {
    const { url } = await startMosquitto();
    const host = await served(handlers(url));
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    await publish(client, 'a/1', 'trap', { qos: 2 });
    // The message of each call fails with it, so it takes two of them.
    for (const _ of [1, 2]) await publish(client, 'do', 'receive a/+ out/a 1', { qos: 2 });
    await host.waitFor(/message on "a\/1" is a dead letter after 2 attempts: the guest trapped/);
    await publish(client, 'a/1', 'fine', { qos: 2 });
    expect((await out.next()).text).toBe('fine');
    expect(await host.kill('SIGTERM')).toEqual(OK);
  });
});

describeWithMosquitto('a command that pulls', () => {
  it('from two bindings in turn commits each message with its own publishes', async () => {
    const { url } = await startMosquitto();
    const steps = ['receive a/+ out/1 1', 'receive b/+ out/2 1', 'receive a/+ out/3 1', 'publish out/4 x', 'fail'];
    const app = twoBindings(url, steps);
    const host = await app.serve('pulling');
    for (const filter of [/"a\/\+" at/, /"b\/\+" at/]) await host.waitFor(filter);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    await publish(client, 'a/1', 'a1', { qos: 2 });
    await publish(client, 'b/1', 'b1', { qos: 2 });
    await publish(client, 'a/1', 'a2', { qos: 2 });
    expect((await host.exited).code).toBe(1);
    // Settled by the second receive on its binding; all else was held when it failed.
    expect((await out.next()).topic).toBe('out/1');
    app.write(twoBindings(url, ['receive b/+ out/5 1', 'delivery out/6', 'receive a/+ out/7 1']).toml);
    const second = await app.run('pulling');
    expect((await second.exited).code).toBe(0);
    await out.until(4);
    expect(out.received.map(({ topic }) => topic)).toEqual(['out/1', 'out/5', 'out/6', 'out/7']);
    expect(out.texts().filter((text) => !text.startsWith('{'))).toEqual(['a1', 'b1', 'a2']);
    expect(JSON.parse(out.texts()[2] ?? '')).toMatchObject({ topic: 'b/1', attempt: 2, redelivered: true });
  });

  it('gives back what it holds of one binding where SIGTERM finds it waiting for another', async () => {
    const { url } = await startMosquitto();
    const app = twoBindings(url, ['receive b/+ out/b 1', 'receive a/+ out/a 1']);
    const host = await app.serve('pulling');
    await host.waitFor(/"b\/\+" at/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    await publish(client, 'b/1', 'held', { qos: 2 });
    await host.waitFor(/received "b\/1"/);
    expect(await host.kill('SIGTERM')).toEqual(OK);
    expect(out.received).toEqual([]);
    app.write(twoBindings(url, ['receive b/+ out/b 1', 'delivery out/d']).toml);
    expect((await (await app.run('pulling')).exited).code).toBe(0);
    await out.until(2);
    expect(out.texts()[0]).toBe('held');
    expect(JSON.parse(out.texts()[1] ?? '')).toMatchObject({ attempt: 1 });
  });

  it.each([
    ['exit 0', 0, ['held']],
    ['exit 255', 255, []],
    ['exit 1', 1, []],
    ['fail', 1, []],
  ])(
    'and then does "%s" ends with %i, and has settled what it holds only if that is success',
    async (step, code, sent) => {
      const { url } = await startMosquitto();
      const app = stepsApp(url, ['receive in/+ out/a 1', step], ['topic = "in/+"', 'qos = 2']);
      const host = await app.serve('pulling');
      await host.waitFor(/subscribed to "in/);
      const client = await connectClient(url);
      const out = await collect(client, 'out/#', { qos: 2 });
      await publish(client, 'in/a', 'held', { qos: 2 });
      expect((await host.exited).code).toBe(code);
      expect(lastLine(host.stderr())).toMatch(new RegExp(`exit code ${code} is its own`));
      await publish(client, 'in/b', 'next', { qos: 2 });
      app.write(stepsApp(url, ['receive in/+ out/b 1'], ['topic = "in/+"', 'qos = 2']).toml);
      expect((await (await app.run('pulling')).exited).code).toBe(0);
      await out.until(sent.length + 1);
      expect(out.texts()).toEqual([...sent, sent.length > 0 ? 'next' : 'held']);
    },
  );

  it('publishes beside a read that it then gives up, and loses neither', async () => {
    const { url } = await startMosquitto();
    const steps = ['receive in/+ out/0 1', 'cancel-read in/+ out/1 out/between', 'receive in/+ out/2 1'];
    const app = stepsApp(url, steps, ['topic = "in/+"', 'qos = 2']);
    const host = await app.serve('pulling');
    await host.waitFor(/subscribed to "in/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    for (const text of ['0', '1', '2']) await publish(client, 'in/a', text, { qos: 2 });
    expect((await host.exited).code).toBe(0);
    // The second one may have come before the read was given up: then it was read.
    const handled = /read: 1/.test(host.stderr()) ? ['0', '1', '2'] : ['0', '1'];
    await out.until(handled.length + 1);
    expect(out.texts().toSorted()).toEqual([...handled, 'cancelled']);
  });

  it('and loops is ended at once by a second SIGTERM', async () => {
    const { url } = await startMosquitto();
    const host = await stepsApp(url, ['receive in/+ out/a'], ['topic = "in/+"', 'qos = 1']).serve('pulling');
    await host.waitFor(/subscribed to "in/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'in/a', 'loop');
    await out.until(1);
    host.child.kill('SIGTERM');
    await host.waitFor(/draining/);
    expect((await host.kill('SIGTERM')).code).toBe(1);
  });
});
