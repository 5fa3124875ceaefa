import {
  createPool,
  inspectComponent,
  type PoolOptions,
  type PreparedComponent,
  prepareComponent,
  type StartableGuestPool,
} from '../../../src/component/index.ts';
import type { GuestCall, GuestOutcome, GuestPool } from '../../../src/guest.ts';
import type { HostStatus } from '../../../src/status.ts';
import { atEnd } from '../../support/cleanup.ts';
import { tempDirectory } from '../../support/temp.ts';
import { provided } from './guests.ts';

export async function prepare(
  guest: Uint8Array | Promise<Uint8Array>,
  memory = 16 * 2 ** 20,
  cacheDir = tempDirectory('cache'),
): Promise<PreparedComponent> {
  const bytes = await guest;
  const inspection = inspectComponent(bytes, { source: 'test.wasm' });
  return prepareComponent(bytes, { cacheDir, inspection, provided, memory });
}

export interface TestPool {
  readonly pool: StartableGuestPool;
  readonly statuses: HostStatus[];
  /** Calls with an event of that type, on `topic`. */
  call(type: string, topic?: string, more?: Partial<GuestCall>): Promise<GuestOutcome>;
}

let lastId = 0;

/** Calls, and waits for the end. */
export function outcomeOf(pool: Pick<GuestPool, 'call'>, call: Omit<GuestCall, 'ended'>): Promise<GuestOutcome> {
  return new Promise((ended) => pool.call({ ...call, ended }));
}

export function testPool(component: PreparedComponent, options: Partial<PoolOptions> = {}): TestPool {
  const statuses: HostStatus[] = [];
  const pool = createPool({
    component,
    workerUrl: new URL('./worker.ts', import.meta.url),
    instances: 4,
    workers: 1,
    env: {},
    args: [],
    publish: () => Promise.resolve({ ok: true, value: undefined }),
    telemetry: { report: (status) => statuses.push(status) },
    ...options,
  });
  atEnd(() => pool.close(0));
  const call = (type: string, topic = 'a/b', more: Partial<GuestCall> = {}) =>
    outcomeOf(pool, {
      binding: 'b0',
      handler: 'on_message',
      topic,
      event: { id: `id-${++lastId}`, source: '/test', type, data: Buffer.from('payload') },
      delivery: { topic, qos: 1, retained: false, redelivered: false, attempt: 1, userProperties: [] },
      timeout: 5_000,
      ...more,
    });
  return { pool, statuses, call };
}
