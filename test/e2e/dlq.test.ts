import { expect, it } from 'vitest';
import { spawnHost } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';

const toml = (url: string, qos: number, publishes: string) =>
  appToml([
    {
      url,
      lines: [
        `qos = ${qos}`,
        'topic = "commands/#"',
        `publish = ${publishes}`,
        'retry = { attempts = 2, initial = "10ms" }',
      ],
    },
  ]);

/** What an operator sees of `host dlq <verb> app.toml …`. */
async function dlq(app: App, verb: string, ...args: readonly string[]) {
  const host = spawnHost(['dlq', verb, app.file, ...args]);
  const { code } = await host.exited;
  return { code, stdout: host.stdout(), stderr: host.stderr() };
}

interface Listed {
  readonly id: number;
  readonly topic: string;
  readonly error: string;
  readonly attempts: number;
}

async function listed(app: App): Promise<readonly Listed[]> {
  const { stdout } = await dlq(app, 'list', '--json');
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describeWithMosquitto('host dlq', () => {
  it.each([1, 2])('lists, shows, replays and purges the dead letters of a running app (qos %i)', async (qos) => {
    const { url } = await startMosquitto();
    const app = new App(toml(url, qos, '["out/#"]'));
    const host = await app.serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    expect(await dlq(app, 'list')).toEqual({ code: 0, stdout: '', stderr: 'no dead letters\n' });
    const client = await connectClient(url);
    await publish(client, 'commands/a', 'fail-until 3', { qos: qos as 1 | 2 });
    await host.waitFor(/"commands\/a" is a dead letter/);

    const list = await dlq(app, 'list');
    expect(list.stdout).toMatch(
      /^ID +DIED +BINDING +KIND +TOPIC +ATTEMPTS +ERROR\n1 +\S+Z +b0 +message +commands\/a +2 +.*attempt 2 fails/,
    );
    const shown = await dlq(app, 'show', '1');
    expect(shown.stdout).toMatch(/^dead letter 1: a message for binding "b0"\n/);
    expect(shown.stdout).toMatch(/ data \(12 bytes\)\n {4}fail-until 3\n$/);
    expect(await dlq(app, 'show', '1', '--data')).toEqual({ code: 0, stdout: 'fail-until 3', stderr: '' });

    const replayed = await dlq(app, 'replay', '1', '99');
    expect(replayed.code).toBe(1);
    expect(replayed.stdout).toBe('dead letter 1 is queued: the running app hands it to binding "b0" again\n');
    expect(replayed.stderr).toMatch(/not found: dead letter 99;/);
    // Attempts start anew: it fails twice again, and is another dead letter.
    const [again] = await eventually(async () => {
      const letters = await listed(app);
      return letters.length === 1 && letters[0]?.id !== 1 ? letters : undefined;
    });
    expect(again).toMatchObject({ topic: 'commands/a', attempts: 2 });

    const purged = await dlq(app, 'purge', '--all');
    expect(purged.stdout).toBe(`dead letter ${again?.id} is deleted by the running app\n`);
    await eventually(async () => (await listed(app)).length === 0);
    await host.waitFor(/as "host dlq" asked: 1 dead letter replayed\n/);
    await host.waitFor(/as "host dlq" asked: 1 dead letter deleted\n/);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it.each([1, 2])('replays on a stopped app, which handles the messages when it starts (qos %i)', async (qos) => {
    const { url } = await startMosquitto();
    const app = new App(toml(url, qos, '["out/#"]'));
    const first = await app.serve('misbehaving');
    await first.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const later = await collect(client, 'later/#', { qos: 2 });
    for (const topic of ['one', 'two', 'three']) {
      await publish(client, `commands/${topic}`, `publish later/${topic} 1`, { qos: qos as 1 | 2 });
      await first.waitFor(new RegExp(`"commands/${topic}" is a dead letter`));
    }
    await first.kill('SIGTERM');
    expect((await listed(app)).map(({ error }) => error)).toEqual(Array(3).fill(expect.stringContaining('later/')));
    const ids = (await listed(app)).map(({ id }) => String(id));

    const purged = await dlq(app, 'purge', ids[1] ?? '');
    expect(purged).toEqual({ code: 0, stdout: `dead letter ${ids[1]} is deleted\n`, stderr: '' });
    app.write(toml(url, qos, '["out/#", "later/#"]'));
    const replayed = await dlq(app, 'replay', '--all', '--binding', 'b0');
    expect(replayed.stdout).toBe(
      `dead letter ${ids[0]} goes to binding "b0" again when the app starts\n` +
        `dead letter ${ids[2]} goes to binding "b0" again when the app starts\n`,
    );
    expect((await dlq(app, 'list')).stderr).toBe('no dead letters\n');

    const second = await app.serve('misbehaving');
    await second.waitFor(/the journal holds from before: 2 messages to be handled\n/);
    await later.until(2);
    expect(later.received.map(({ topic }) => topic).toSorted()).toEqual(['later/one', 'later/three']);
    expect(await second.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(later.received.length).toBe(2);
  });

  it('ends quietly when its reader goes away', async () => {
    const { url } = await startMosquitto();
    const app = new App(toml(url, 1, '["out/#"]'));
    const host = await app.serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    await publish(client, 'commands/a', `reject ${'x'.repeat(100_000)}`);
    await host.waitFor(/"commands\/a" is a dead letter/);
    const show = spawnHost(['dlq', 'show', app.file, '1']);
    show.child.stdout?.destroy();
    expect(await show.exited).toEqual({ code: 0, signal: null });
    expect(show.stderr()).toBe('');
  });
});
