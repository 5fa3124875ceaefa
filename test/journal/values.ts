import type {
  DeadLetter,
  ListedDeadLetter,
  OutgoingEvent,
  RememberedSession,
  Settlement,
  Spill,
} from '../../src/journal.ts';

export function letter(changes: Partial<DeadLetter> = {}): DeadLetter {
  return {
    binding: 'readings',
    topic: 'sensors/1/temperature',
    qos: 1,
    event: { id: 'e-1', source: '/sensors/1', type: 'reading', data: new Uint8Array([1, 2, 3]) },
    properties: { userProperties: [] },
    retained: false,
    raw: false,
    error: 'trap: unreachable',
    attempts: 8,
    firstAt: 1_700_000_000_000,
    deadAt: 1_700_000_060_000,
    ...changes,
  };
}

/** A message that its handler could not take, as a journal lists it. */
export function listed(id: number, changes: Partial<DeadLetter> = {}): ListedDeadLetter {
  const { retained: _, raw: __, ...death } = letter(changes);
  return { id, kind: 'message', publisher: '', parked: false, ...death };
}

export function spill(changes: Partial<Spill> = {}): Spill {
  const { topic, qos, event, properties } = letter();
  const counted = { attempts: 0, firstAt: 1_700_000_000_000 };
  const flags = { retained: false, redelivered: false, raw: false, marker: false };
  return { topic, qos, event, properties, ...flags, ...counted, ...changes };
}

export function outgoing(changes: Partial<OutgoingEvent> = {}): OutgoingEvent {
  const { event, properties } = letter();
  return { topic: 'out/1', qos: 2, retain: false, format: 'cloudevents', event, properties, ...changes };
}

export function settlement(changes: Partial<Settlement> = {}): Settlement {
  return { marker: false, publishes: [], ...changes };
}

export function session(changes: Partial<RememberedSession> = {}): RememberedSession {
  return {
    clientId: 'app-b0-abcd1234',
    binding: 'b0',
    kind: 'queue',
    broker: 'mqtt://localhost:1883',
    protocol: 5,
    qos: 2,
    filters: ['user/+'],
    subscribed: ['$share/app/user/+'],
    inDoubt: false,
    ...changes,
  };
}
