/**
 * The host's driver, delivery and journal at qos 2 without a guest: `core-consumer.ts <port> <durability> <folder>`. Its
 * handler returns ok at once, as the stock subscriber's does.
 */
import { mqttBroker } from '../../src/broker/index.ts';
import { Dispatcher, HandlerCalls, Reception } from '../../src/delivery/index.ts';
import type { GuestPool } from '../../src/guest.ts';
import { openJournal } from '../../src/journal/index.ts';
import { binding } from '../support/bindings.ts';

const [port = '', durability = 'process', dir = ''] = process.argv.slice(2);

const telemetry = { report: () => {}, wants: () => false };
const failed = (error: Error) => {
  throw error;
};
const pool: GuestPool = {
  capacity: 1_000,
  workers: 1,
  call: () => Promise.resolve({ kind: 'ok' }),
  close: () => Promise.resolve(),
};

const address = {
  protocol: 'mqtt',
  host: '127.0.0.1',
  port: Number(port),
  path: '',
  display: `mqtt://127.0.0.1:${port}`,
} as const;
const connection = { addresses: [address], keepalive: 30_000, protocol: 5 } as const;
const bench = binding({ name: 'bench', filters: ['bench/#'], qos: 2, transactional: true, connection });
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
const { qos, sessionExpiry, maxInFlight, maxBytesInFlight } = bench;
const session = { binding: 'bench', connection, clientId: identity.clientId, qos, sessionExpiry };
delivery.start(broker.openSubscriber({ ...session, maxInFlight, maxBytesInFlight }, delivery));
