import { expect, it } from 'vitest';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';
import { stepsApp } from './steps.ts';

const lastLine = (stderr: string) => stderr.trimEnd().split('\n').at(-1);

describeWithMosquitto('a command', () => {
  it.each([
    ['publish out/a b', 0, /exit code 0 is its own/],
    ['fail', 1, /exit code 1 is its own/],
    ['exit 0', 0, /exit code 0 is its own/],
    ['exit 7', 7, /exit code 7 is its own/],
    ['exit 4', 4, /exit code 4 is its own/],
    ['trap', 3, /trapped .*exit code 3 is the host's/],
  ])('that does "%s" ends the host with %i, and the last line says whose code it is', async (step, code, text) => {
    const { url } = await startMosquitto();
    const host = await stepsApp(url, [step], ['topic = "in/+"']).run('pulling');
    expect(await host.exited).toEqual({ code, signal: null });
    expect(lastLine(host.stderr())).toMatch(text);
  });

  it('has arguments, environment and closed input from the configuration, and is never run again', async () => {
    const { url } = await startMosquitto();
    const steps = ['arguments out/args', 'env out/env', 'stdin out/in', 'delivery out/none'];
    const app = stepsApp(url, steps, ['topic = "in/+"']);
    app.write(
      `${appToml([{ url }], ['name = "e2e"', '[guest]', `args = ${JSON.stringify(steps)}`, 'env = { A = "b" }'])}`,
    );
    const out = await collect(await connectClient(url), 'out/#');
    const host = await app.run('pulling');
    expect((await host.exited).code).toBe(0);
    await out.until(4);
    expect(out.texts().map((text) => JSON.parse(text))).toEqual([
      ['pulling.wasm', ...steps],
      [['A', 'b']],
      { tag: 'closed' },
      null,
    ]);
  });

  it('that fails ends a host with push bindings, too', async () => {
    const { url } = await startMosquitto();
    const toml = appToml(
      [
        { url, lines: ['topic = "do"', 'delivery = "push"', 'publish = ["out/#"]'] },
        { url, lines: ['topic = "in/+"', 'delivery = "pull"'] },
      ],
      ['name = "e2e"', '[guest]', 'args = ["receive in/+ out/a 1", "exit 5"]'],
    );
    const host = await new App(toml).serve('pulling');
    await host.waitFor(/"in\/\+" at/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'do', 'publish out/pushed 1');
    await out.until(1);
    await publish(client, 'in/a', 'pulled');
    expect((await host.exited).code).toBe(5);
    // The broker has it when the host ends; the client may not yet.
    await out.until(2);
    expect(out.texts()).toEqual(['1', 'pulled']);
  });

  it('that dies on a message has it again in the next run, with its attempts', async () => {
    const { url } = await startMosquitto();
    const lines = ['topic = "in/+"', 'qos = 2', 'retry = { attempts = 3 }'];
    const app = stepsApp(url, ['receive in/+ out/a 2', 'delivery out/d'], lines);
    let host = await app.serve('pulling');
    await host.waitFor(/subscribed to "in/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    await publish(client, 'in/a', 'trap 2', { qos: 2 });
    expect((await host.exited).code).toBe(3);
    await publish(client, 'in/a', 'second', { qos: 2 });
    host = await app.run('pulling');
    expect((await host.exited).code).toBe(0);
    await out.until(3);
    expect(out.texts().slice(0, 2)).toEqual(['trap 2', 'second']);
    expect(JSON.parse(out.texts()[2] ?? '')).toMatchObject({ topic: 'in/a', attempt: 1 });
    expect(host.stderr()).not.toMatch(/failed/);
  });

  it('that is stuck on a message is ended, and the message is a dead letter after its attempts', async () => {
    const { url } = await startMosquitto();
    const lines = ['topic = "in/+"', 'qos = 1', 'timeout = "300ms"', 'retry = { attempts = 1 }'];
    const app = stepsApp(url, ['receive in/+ out/a'], lines);
    let host = await app.serve('pulling');
    await host.waitFor(/subscribed to "in/);
    const client = await connectClient(url);
    await publish(client, 'in/a', 'loop');
    expect((await host.exited).code).toBe(3);
    expect(lastLine(host.stderr())).toMatch(/did not ask for its next message.*exit code 3 is the host's/);
    expect(host.stderr()).toMatch(/dead letter after 1 attempt/);
    // Waiting has no deadline.
    host = await app.serve('pulling');
    const out = await collect(client, 'out/#');
    await new Promise((resolve) => setTimeout(resolve, 700));
    await publish(client, 'in/a', 'on');
    await out.until(1);
    expect((await host.kill('SIGTERM')).code).toBe(0);
    expect(out.texts()).toEqual(['on']);
  });

  it('that outlives "drain" is cut, and what it holds comes again', async () => {
    const { url } = await startMosquitto();
    const app = stepsApp(url, ['receive in/+ out/a'], ['topic = "in/+"', 'qos = 2'], ['drain = "300ms"']);
    let host = await app.serve('pulling');
    await host.waitFor(/subscribed to "in/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    // Settled when the guest asks for the next: it waits when this comes out.
    await publish(client, 'in/0', 'first', { qos: 2 });
    expect((await out.next()).text).toBe('first');
    await publish(client, 'in/a', 'loop', { qos: 2 });
    await publish(client, 'in/b', 'behind', { qos: 2 });
    await host.waitFor(/received "in\/b"/);
    app.write(
      appToml(
        [{ url, lines: ['topic = "in/+"', 'qos = 2', 'delivery = "pull"'] }],
        ['name = "e2e"', '[guest]', 'args = ["try in/+ out/a", "try in/+ out/a"]'],
      ),
    );
    expect((await host.kill('SIGTERM')).code).toBe(0);
    await host.waitFor(/the command was cut at the end of "drain"/);
    host = await app.run('pulling');
    expect((await host.exited).code).toBe(0);
    expect([(await out.next()).text, (await out.next()).text].sort()).toEqual(['behind', 'loop']);
  });
});
