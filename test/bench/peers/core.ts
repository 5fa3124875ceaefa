/**
 * The host's driver, delivery and journal without a guest: `core.ts <url> <metrics port> <qos> <durability>`. Its handler
 * returns ok at once, so that the rest is what the host's main thread costs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mqttBroker } from '../../../src/broker/index.ts';
import { Endings } from '../../../src/component/pool/endings.ts';
import { Dispatcher, HandlerCalls, Reception } from '../../../src/delivery/index.ts';
import type { GuestPool } from '../../../src/guest.ts';
import { openJournal } from '../../../src/journal/index.ts';
import type { HostStatus } from '../../../src/status.ts';
import type { QoS } from '../../../src/types.ts';
import { binding } from '../../support/bindings.ts';
import { count, tell } from './counting.ts';

const [url = '', metrics = '0', level = '0', durability = 'process'] = process.argv.slice(2);
const qos = Number(level) as QoS;
const port = Number(new URL(url).port);
const dir = mkdtempSync(join(tmpdir(), 'wasi-pubsub-host-bench-core-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit(0));

const telemetry = {
  report: ({ kind }: HostStatus) => {
    if (kind === 'subscribed') process.stdout.write('subscribed to bench/#\n');
  },
  wants: () => false,
};
const failed = (error: Error) => {
  throw error;
};
const endings = new Endings();
const pool: GuestPool = {
  capacity: 1_000,
  workers: 1,
  call: (call) => {
    count();
    endings.add(call, { kind: 'ok' });
  },
  close: () => Promise.resolve(),
};

const address = { protocol: 'mqtt', host: '127.0.0.1', port, path: '', display: url } as const;
const connection = { addresses: [address], keepalive: 30_000, protocol: 5 } as const;
const bench = binding({ name: 'bench', filters: ['bench/#'], qos, transactional: qos === 2, connection });
const journal = await openJournal({ dir, durability: durability === 'power' ? 'power' : 'process', onFailure: failed });
const identity = { clientId: 'core', broker: address.display };
const broker = mqttBroker({ report: telemetry.report });
const delivery = new Reception({
  binding: bench,
  identity,
  sessions: journal.sessions,
  inbox: journal.inbox('bench', identity),
  outbox: { outbox: await journal.outbox('core-pub', 'bench'), broker: address.display },
  attempts: new HandlerCalls(bench, pool),
  dispatcher: new Dispatcher(pool),
  telemetry,
  failed,
});
tell(Number(metrics));
const { sessionExpiry, maxInFlight, maxBytesInFlight } = bench;
const session = { binding: 'bench', connection, clientId: identity.clientId, qos, sessionExpiry };
delivery.start(broker.openSubscriber({ ...session, maxInFlight, maxBytesInFlight }, delivery));
