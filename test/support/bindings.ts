import type { BindingConfig } from '../../src/config/model.ts';

/** A checked binding with every default, as config/ would make it. */
export function binding(more: Partial<BindingConfig> = {}): BindingConfig {
  return {
    name: 'b0',
    named: false,
    position: 0,
    path: 'capability[0].config[0]',
    line: 1,
    driver: 'mqtt',
    connection: {
      addresses: [{ protocol: 'mqtt', host: '127.0.0.1', port: 1883, path: '', display: 'tcp://127.0.0.1:1883' }],
      keepalive: 30_000,
      protocol: 5,
    },
    qos: 1,
    kind: 'topic',
    filters: ['a/+'],
    group: 'app',
    delivery: 'push',
    onMessage: 'on_message',
    publish: undefined,
    clientId: undefined,
    onStop: 'keep',
    sessionExpiry: 604_800_000,
    maxInFlight: 1000,
    maxBytesInFlight: 67_108_864,
    order: 'topic',
    timeout: 30_000,
    retry: { attempts: 3, initial: 500, max: 30_000, jitter: 0 },
    deadLetter: undefined,
    transactional: false,
    receiveTimeout: undefined,
    format: 'cloudevents',
    dedup: undefined,
    ...more,
  };
}
