import { expect, it } from 'vitest';
import { hostVersion } from '../../src/app/version.ts';
import { eventually } from '../support/eventually.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { freePort } from '../support/ports.ts';
import { App, appToml } from './app.ts';

async function get(port: number, path: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: answer.status, text: await answer.text() };
}

const settings = (port: number) => ['name = "e2e"', '', '[telemetry]', `http = "127.0.0.1:${port}"`];

describeWithMosquitto('[telemetry] http', () => {
  it('counts per binding, and is ready while every session is up', async () => {
    const mosquitto = await startMosquitto();
    const port = await freePort();
    const lines = ['name = "orders"', 'qos = 2', 'topic = "commands/#"', 'publish = ["out/#"]', 'retry.attempts = 1'];
    const host = await new App(appToml([{ url: mosquitto.url, lines }], settings(port))).serve('misbehaving');
    await eventually(async () => (await get(port, '/readyz')).status === 200);
    expect((await get(port, '/livez')).status).toBe(200);
    const client = await connectClient(mosquitto.url);
    const out = await collect(client, 'out/#', { qos: 2 });
    await publish(client, 'commands/a', 'publish out/a 3', { qos: 2 });
    await publish(client, 'commands/a', 'err', { qos: 2 });
    await out.until(3);
    const value = async (name: string) =>
      Number((await get(port, '/metrics')).text.split(`\n${name} `)[1]?.split('\n')[0]);
    await eventually(async () => (await value('host_dead_letters_total{binding="orders"}')) === 1);
    expect(await value('host_messages_handled_total{binding="orders"}')).toBe(1);
    expect(await value('host_handler_seconds_count{binding="orders"}')).toBe(1);
    expect(await value('host_messages_received_total{binding="orders",qos="2"}')).toBe(2);
    expect(await value('host_published_total{qos="2"}')).toBe(3);
    expect(await value('host_dead_letters')).toBe(1);
    expect(await value(`host_info{app="e2e",version="${hostVersion()}"}`)).toBe(1);
    expect(await value('host_journal_bytes')).toBeGreaterThan(0);
    await mosquitto.stop();
    const unready = await eventually(async () => {
      const answer = await get(port, '/readyz');
      return answer.status === 503 ? answer.text : undefined;
    });
    expect(unready).toMatch(/orders/);
    expect((await get(port, '/livez')).status).toBe(200);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('says which address is taken, and does not start', async () => {
    const mosquitto = await startMosquitto();
    const lines = ['qos = 1', 'topic = "commands/#"'];
    const host = await new App(appToml([{ url: mosquitto.url, lines }], settings(mosquitto.port))).run('misbehaving');
    expect((await host.exited).code).toBe(1);
    expect(host.stderr()).toMatch(new RegExp(`127\\.0\\.0\\.1:${mosquitto.port}`));
  });
});
