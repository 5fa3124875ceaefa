import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MqttClient } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { buildGuest, missingFor } from '../../../guests/build.ts';
import { spawnHost } from '../../support/cli.ts';
import { mosquittoPath, startMosquitto } from '../../support/mosquitto.ts';
import { connectClient, type Received } from '../../support/mqtt-client.ts';
import type { SpawnedProcess } from '../../support/process.ts';
import { tempDirectory } from '../../support/temp.ts';
import { startEmbedded } from '../steps.ts';

const GUESTS = fileURLToPath(new URL('../../../guests/', import.meta.url));

/** A broker, and one sample guest that can be run at it. */
export interface Site {
  readonly url: string;
  readonly protocolVersion: 5 | 4;
  /** A client of the protocol version that the broker speaks, other than the host's. */
  client(): Promise<MqttClient>;
  /** Runs the guest with its own app.toml until `started` of its bindings' sessions are up; 1 unless told. */
  run(started?: {
    readonly subscribed?: number;
    readonly env?: Readonly<Record<string, string>>;
    /** The state_dir, for a run after another; a new one unless given. */
    readonly state?: string;
  }): Promise<SpawnedProcess>;
}

/** The event in a message that a guest published: binary mode on MQTT 5, structured on 3.1.1. */
export interface SentEvent {
  readonly source: string;
  readonly type: string;
  readonly data: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export function eventIn({ text, properties }: Received): SentEvent {
  const { userProperties } = properties;
  if (userProperties !== undefined) {
    const attributes = { ...userProperties };
    return { source: String(attributes.source), type: String(attributes.type), data: text, attributes };
  }
  const { data_base64: base64, data, ...attributes } = JSON.parse(text) as Record<string, string>;
  const { source = '', type = '' } = attributes;
  const bytes = base64 === undefined ? JSON.stringify(data) : Buffer.from(base64, 'base64').toString();
  return { source, type, data: bytes, attributes };
}

const BROKERS = [
  { title: 'Mosquitto', protocolVersion: 5, start: async () => (await startMosquitto()).url },
  { title: 'the embedded broker', protocolVersion: 4, start: startEmbedded },
] as const;

function lacking(name: string, broker: string): readonly string[] {
  const mosquitto = broker === 'Mosquitto' && mosquittoPath() === undefined ? ['mosquitto'] : [];
  return [...mosquitto, ...missingFor(name)];
}

type RunOptions = Required<NonNullable<Parameters<Site['run']>[0]>>;

async function runSample(name: string, url: string, { subscribed, env, state }: RunOptions) {
  const { path } = await buildGuest(name);
  const args = ['run', join(GUESTS, name, 'app.toml'), path, '--log', 'debug', '--log-format', 'text'];
  const host = spawnHost([...args, '--state-dir', state], { env: { MQTT_URL: url, ...env } });
  if (subscribed > 0) await host.waitFor(new RegExp(`(subscribed to[\\s\\S]*){${subscribed}}`));
  return host;
}

/**
 * Tests of a sample guest, each on Mosquitto and on the embedded broker; skipped by name where its toolchain or the
 * broker is not here.
 */
export function describeGuest(name: string, tests: Readonly<Record<string, (site: Site) => Promise<void>>>): void {
  it('has an app.toml and a README that say how it is run', () => {
    const app = readFileSync(join(GUESTS, name, 'app.toml'), 'utf8');
    expect(app).toMatch(new RegExp(`host run app\\.toml \\S*(${name}|${name.replaceAll('-', '_')})\\.wasm`));
    expect(readFileSync(join(GUESTS, name, 'README.md'), 'utf8')).toContain(`host run guests/${name}/app.toml`);
  });
  describe.each(BROKERS)('at $title', ({ title, protocolVersion, start }) => {
    const missing = lacking(name, title);
    const skipped = missing.length > 0 ? ` (skipped: ${missing.join(', ')} not found)` : '';
    it.skipIf(missing.length > 0).each(Object.entries(tests))(
      `%s${skipped}`,
      async (_, test) => {
        const url = await start();
        await test({
          url,
          protocolVersion,
          client: () => connectClient(url, { protocolVersion }),
          run: ({ subscribed = 1, env = {}, state = tempDirectory('state') } = {}) =>
            runSample(name, url, { subscribed, env, state }),
        });
      },
      600_000,
    );
  });
}
