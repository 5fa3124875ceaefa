import type { MqttVersion, QoS } from '../../../src/types.ts';
import { seeded } from '../seeded.ts';

/** What a guest does with a message, or where it has none, how it publishes. */
export const GUESTS = ['push', 'pull', 'stream', 'command'] as const;
export type GuestKind = (typeof GUESTS)[number];

export const FAULTS = [
  'kill',
  'stop',
  'cut',
  'stall',
  'half-open',
  'split',
  'clock',
  'disk-full',
  'broker-stop',
  'broker-kill',
  'leave',
] as const;
export type FaultKind = (typeof FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Share of the messages that are sent before it comes, 0 to 1. */
  readonly at: number;
  /** How long it lasts, or how long after its moment it comes, in milliseconds. */
  readonly milliseconds: number;
  /** Which of the hosts, or of the brokers; taken modulo how many there are. */
  readonly which: number;
}

/** One trial: everything that is left to chance. A seed makes the same plan each time. */
export interface Plan {
  readonly seed: number;
  readonly guest: GuestKind;
  readonly qos: QoS;
  readonly share: 'topic' | 'queue';
  readonly protocol: MqttVersion;
  /** Each with a broker of its own; what comes from the one is published to the other. */
  readonly brokers: 1 | 2;
  /** Share one queue where there are two. */
  readonly hosts: 1 | 2;
  readonly messages: number;
  /** Some messages fail for a while or for good, trap, or end their worker. */
  readonly failing: boolean;
  readonly faults: readonly Fault[];
}

/** What is not left to chance. */
export interface Wanted extends Partial<Omit<Plan, 'seed' | 'faults'>> {
  readonly only?: readonly FaultKind[];
  /** How many faults; 3 to 8 unless told. */
  readonly count?: number;
  /** Those with these numbers alone, from 0: for finding the ones that matter. */
  readonly keep?: readonly number[];
}

/** Of faults that cost more than a moment, fewer. */
const WEIGHT: Readonly<Record<FaultKind, number>> = {
  kill: 8,
  stop: 3,
  cut: 4,
  stall: 3,
  'half-open': 2,
  split: 3,
  clock: 2,
  'disk-full': 2,
  'broker-stop': 2,
  'broker-kill': 1,
  leave: 1,
};

/** Mosquitto itself loses messages when it is killed: such a trial shows other things, and is a kind of its own. */
const UNSAFE: ReadonlySet<FaultKind> = new Set(['broker-kill']);

function possible({ guest, hosts }: Pick<Plan, 'guest' | 'hosts'>, wanted: Wanted): FaultKind[] {
  if (wanted.only !== undefined) return [...wanted.only];
  return FAULTS.filter((kind) => {
    if (kind === 'leave') return hosts === 2;
    if (kind === 'stop') return guest !== 'command';
    return !UNSAFE.has(kind);
  });
}

function draw(kinds: readonly FaultKind[], random: () => number): FaultKind {
  let at = random() * kinds.reduce((sum, kind) => sum + WEIGHT[kind], 0);
  for (const kind of kinds) {
    at -= WEIGHT[kind];
    if (at < 0) return kind;
  }
  return kinds[0] ?? 'kill';
}

function faultsOf(plan: Pick<Plan, 'guest' | 'hosts'>, wanted: Wanted, random: () => number): Fault[] {
  const kinds = possible(plan, wanted);
  const count = wanted.count ?? 3 + Math.floor(random() * 6);
  let left = false;
  const faults = Array.from({ length: count }, (): Fault => {
    const drawn = draw(kinds, random);
    // A host leaves for good: once.
    const kind = drawn === 'leave' && left ? 'kill' : drawn;
    left ||= kind === 'leave';
    return { kind, at: random() * 0.9, milliseconds: Math.round(random() * 1_500), which: Math.floor(random() * 2) };
  });
  return faults.sort((a, b) => a.at - b.at).filter((_, index) => wanted.keep?.includes(index) ?? true);
}

/** The plan of a seed, with what is wanted in place of what chance chose. */
export function planOf(seed: number, wanted: Wanted = {}): Plan {
  const random = seeded(seed);
  const one = <T>(options: readonly T[]): T => options[Math.floor(random() * options.length)] as T;
  // Every draw is made, wanted or not, so that the others do not depend on what is wanted.
  const drawn = {
    guest: one(GUESTS),
    qos: one([0, 1, 1, 2, 2, 2] as const),
    share: one(['topic', 'queue'] as const),
    protocol: one([5, 4] as const),
    brokers: one([1, 1, 2] as const),
    hosts: one([1, 2] as const),
    failing: one([false, true]),
    messages: 400 + Math.floor(random() * 800),
  };
  const { guest, share } = { ...drawn, ...wanted };
  const shape = {
    ...drawn,
    ...wanted,
    hosts: wanted.hosts ?? (share === 'queue' && guest !== 'command' ? drawn.hosts : 1),
    // A step that fails ends the command that pulls, which its operator would have to start again.
    failing: wanted.failing ?? (guest === 'push' && drawn.failing),
  };
  const { only: _, count: __, keep: ___, ...plan } = { only: undefined, count: undefined, keep: undefined, ...shape };
  return { seed, ...plan, faults: faultsOf(plan, wanted, random) };
}

/**
 * Whether messages may be lost through no fault of the host: at qos 0; where Mosquitto is killed; and where a queue's is
 * restarted, as it forgets shared subscriptions: until a member is back it has nobody to keep messages for.
 */
export function mayLose({ qos, share, faults }: Plan): boolean {
  const has = (kind: FaultKind) => faults.some((fault) => fault.kind === kind);
  return qos === 0 || has('broker-kill') || (share === 'queue' && has('broker-stop'));
}

/** One line, for a table or a message. */
export function describePlan(plan: Plan): string {
  const { guest, qos, share, protocol, brokers, hosts, messages, failing } = plan;
  const parts = [
    `${guest}`,
    `qos ${qos}`,
    share,
    protocol === 5 ? 'MQTT 5' : 'MQTT 3.1.1',
    `${brokers === 2 ? '2 brokers' : '1 broker'}`,
    `${hosts === 2 ? '2 hosts' : '1 host'}`,
    `${messages} messages${failing ? ', some fail' : ''}`,
  ];
  return `${parts.join(', ')}: ${plan.faults.map(({ kind }) => kind).join(' ') || 'no faults'}`;
}
