import { expect, it } from 'vitest';
import { spawnHost } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { connectClient, publish } from '../support/mqtt-client.ts';
import { freePort } from '../support/ports.ts';
import { App, appToml } from './app.ts';

async function state(app: App, verb: string, ...args: readonly string[]) {
  const host = spawnHost(['state', verb, app.file, ...args]);
  const { code } = await host.exited;
  return { code, stdout: host.stdout(), stderr: host.stderr() };
}

async function stateJson(app: App) {
  const { code, stdout } = await state(app, 'show', '--json');
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

const commands = (url: string) => ({ url, lines: ['qos = 2', 'topic = "commands/#"', 'publish = ["out/#"]'] });
const away = (port: number) => ({
  url: `tcp://127.0.0.1:${port}`,
  lines: ['name = "archive"', 'qos = 2', 'publish = ["archive/#"]'],
});

describeWithMosquitto('host state', () => {
  it('shows what a running app holds, and forgets nothing meanwhile', async () => {
    const { url } = await startMosquitto();
    const app = new App(appToml([{ ...commands(url), lines: [...commands(url).lines, 'retry = { attempts = 1 }'] }]));
    const missing = await state(app, 'show');
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/there is no journal in .*--state-dir/);

    const host = await app.serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    await publish(client, 'commands/a', 'reject it', { qos: 2 });
    await host.waitFor(/"commands\/a" is a dead letter/);
    const shown = await state(app, 'show');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(
      new RegExp(
        `"e2e-b0-[a-z0-9]{8}" at ${url.replace(/^.*:\/\//, '.*')}: binding "b0", MQTT 5, qos 2\\n +topic: commands/#`,
      ),
    );
    expect(shown.stdout).toMatch(/\n {2}binding "b0": .*1 dead letter/);
    expect(shown.stdout).not.toMatch(/gone/);
    expect(await stateJson(app)).toMatchObject({
      size: { max: 2 ** 30, deadLetters: 1, spilled: 0, unsent: 0 },
      sessions: [{ binding: 'b0', protocol: '5', qos: 2, filters: ['commands/#'], inDoubt: false, gone: false }],
    });

    const unforced = await state(app, 'forget', 'b0');
    expect(unforced.code).toBe(2);
    expect(unforced.stderr).toMatch(/binding "b0": .*1 dead letter.*--force/s);
    const locked = await state(app, 'forget', 'b0', '--force');
    expect(locked.code).toBe(1);
    expect(locked.stderr).toMatch(/stop/);
    expect((await stateJson(app)).size.deadLetters).toBe(1);

    await host.kill('SIGTERM');
    const forgotten = await state(app, 'forget', 'b0', '--force');
    expect(forgotten).toMatchObject({ code: 0, stderr: '' });
    expect(forgotten.stdout).toMatch(/^binding "b0": deleted .*1 dead letter/);
    expect((await stateJson(app)).size.deadLetters).toBe(0);
  });

  it('lets an app start again whose unsent publishes have no broker any more', async () => {
    const { url } = await startMosquitto();
    const port = await freePort();
    const app = new App(appToml([commands(url), away(port)]));
    const first = await app.serve('misbehaving');
    await first.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    await publish(client, 'commands/a', 'publish archive/a 3', { qos: 2 });
    await first.waitFor(/handled "commands\/a"/);
    await eventually(async () => (await stateJson(app)).size.unsent === 3);
    await first.kill('SIGTERM');
    expect((await state(app, 'forget')).stderr).toMatch(/nothing is held for .* gone from/);

    app.write(appToml([commands(url)]));
    const refused = await app.run('misbehaving');
    expect((await refused.exited).code).not.toBe(0);
    expect(refused.stderr()).toMatch(/host state forget/);
    const shown = await state(app, 'show');
    expect(shown.stdout).toMatch(
      /publisher session ".*-pub" at tcp:\/\/127\.0\.0\.1:\d+, gone from app\.toml: 3 unsent publishes/,
    );
    expect(shown.stdout).toMatch(/"host state forget .*app\.toml" deletes/);

    const forgotten = await state(app, 'forget');
    expect(forgotten).toMatchObject({ code: 0, stderr: '' });
    expect(forgotten.stdout).toMatch(
      /publisher session ".*-pub" at tcp:\/\/127\.0\.0\.1:\d+: deleted 3 unsent publishes\n/,
    );
    const second = await app.serve('misbehaving');
    expect(await second.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});
