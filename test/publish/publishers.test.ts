import { describe, expect, it } from 'vitest';
import { type PublisherSession, Publishers } from '../../src/publish/index.ts';
import type { MqttVersion } from '../../src/types.ts';
import { MemoryOutbox } from '../support/memory-outbox.ts';
import { address, binding, FakeBroker, RecordingTelemetry } from './fakes.ts';

const elsewhere = { addresses: [address('other')], keepalive: 30_000, protocol: 5 } as const;

function setUp(...bindings: ReturnType<typeof binding>[]) {
  const [broker, telemetry, failures] = [new FakeBroker(), new RecordingTelemetry(), [] as Error[]];
  const asked: PublisherSession[] = [];
  const outboxes: MemoryOutbox[] = [];
  const publishers = new Publishers({
    bindings,
    brokerOf: () => broker,
    clientIdOf: ({ name }) => `app-${name}`,
    remembered: async (session) => {
      asked.push(session);
      const outbox = new MemoryOutbox();
      outboxes.push(outbox);
      return { clientId: `kept-${session.clientId}`, outbox };
    },
    telemetry,
    failed: (error) => failures.push(error),
  });
  return { publishers, broker, telemetry, failures, asked, outboxes };
}

describe('Publishers', () => {
  it('opens one session for each broker and credentials, with the remembered client id and its outbox', async () => {
    const [a, b, c] = [binding('a'), binding('b', { connection: elsewhere }), binding('c', { sessionExpiry: 9 })];
    const { publishers, broker, asked, outboxes } = setUp(a, b, c);
    await publishers.open();
    expect(asked.map(({ clientId }) => clientId)).toEqual(['app-a-pub', 'app-b-pub']);
    expect(broker.opened.map(({ options }) => options)).toMatchObject([
      { binding: 'a', clientId: 'kept-app-a-pub', sessionExpiry: 1_000, outbox: outboxes[0] },
      { binding: 'b', clientId: 'kept-app-b-pub', connection: elsewhere, outbox: outboxes[1] },
    ]);
    expect(publishers.for(a)).toBe(publishers.for(c));
    expect(publishers.for(b)).toMatchObject({ outbox: outboxes[1], broker: 'tcp://other:1883', binding: 'b' });
    expect(publishers.all().map(({ clientId }) => clientId)).toEqual(['kept-app-a-pub', 'kept-app-b-pub']);
  });

  it('has none before it is opened', () => {
    const a = binding('a');
    const { publishers } = setUp(a);
    expect(() => publishers.for(a)).toThrow('tcp://localhost:1883');
    expect(publishers.all()).toEqual([]);
  });

  it('says nothing of 3.1.1 where another driver carries events without properties', async () => {
    const { publishers, broker, telemetry } = setUp(binding('a', { driver: 'bus' }));
    await publishers.open();
    broker.opened[0]?.sink.connected({ epoch: 1, sessionPresent: true, protocol: 4, address: address('localhost') });
    expect(telemetry.statuses).toEqual([]);
  });

  it('asks the driver of each session', async () => {
    const asked: string[] = [];
    const broker = new FakeBroker();
    const publishers = new Publishers({
      bindings: [binding('a'), binding('b', { driver: 'bus' })],
      brokerOf: (driver) => {
        asked.push(driver);
        return broker;
      },
      clientIdOf: ({ name }) => name,
      remembered: async ({ clientId }) => ({ clientId, outbox: new MemoryOutbox() }),
      telemetry: new RecordingTelemetry(),
      failed: () => {},
    });
    await publishers.open();
    expect(asked).toEqual(['mqtt', 'bus']);
  });

  it('says once for each session what 3.1.1 leaves open', async () => {
    const { publishers, broker, telemetry } = setUp(binding('a'));
    await publishers.open();
    const connect = (protocol: MqttVersion) =>
      broker.opened[0]?.sink.connected({ epoch: 1, sessionPresent: true, protocol, address: address('localhost') });
    connect(5);
    expect(telemetry.statuses).toEqual([]);
    connect(4);
    connect(4);
    expect(telemetry.statuses).toMatchObject([
      { kind: 'notice', level: 'warn', text: expect.stringContaining('3.1.1') },
    ]);
  });

  it('says whose will is not used', async () => {
    const connection = { addresses: [address('localhost')], keepalive: 1, protocol: 5 } as const;
    const will = { topic: 'w', payload: '', qos: 0, retain: false } as const;
    const only = (name: string) =>
      binding(name, { kind: 'publish-only', publish: [name], connection: { ...connection, will } });
    const { publishers, telemetry, broker } = setUp(only('a'), only('b'));
    await publishers.open();
    expect(broker.opened[0]?.options.connection.will).toEqual(will);
    expect(telemetry.statuses).toMatchObject([{ kind: 'notice', binding: 'b' }]);
  });

  it('hands on failures and closes every session once', async () => {
    const { publishers, broker, failures } = setUp(binding('a'), binding('b'), binding('c', { connection: elsewhere }));
    await publishers.open();
    const failure = new Error('taken over');
    broker.opened[0]?.sink.failed(failure);
    await publishers.close(500);
    expect([failures, broker.opened.map(({ publisher }) => publisher.closed)]).toEqual([[failure], [[500], [500]]]);
  });
});
