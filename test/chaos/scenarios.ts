import type { QoS } from '../../src/types.ts';
import { answered, type Input } from './flow.ts';

/** What is sent in, and how the binding is set up, so that a failpoint is come by. */
export interface Scenario {
  inputs(prefix: string): readonly Input[];
  /** Lines of the binding. */
  readonly lines: readonly string[];
  /** Messages that become dead letters. */
  readonly letters: number;
}

const COUNT = 40;

const flow = (prefix: string, topics?: number) => Array.from({ length: COUNT }, (_, n) => answered(prefix, n, topics));

/** `flow` with every `every`-th message replaced by `payload`, which has no output. */
const mixed = (prefix: string, every: number, payload: string): Input[] =>
  flow(prefix).map((input, n) => (n % every === 0 ? { topic: input.topic, payload: `${payload} ${n}` } : input));

export const plain: Scenario = { inputs: (prefix) => flow(prefix), lines: [], letters: 0 };

const deadLetters: Scenario = {
  inputs: (prefix) => mixed(prefix, 5, 'err'),
  lines: ['retry = { attempts = 2, initial = "10ms" }'],
  letters: COUNT / 5,
};

/** One message fails three times and is dead; its topic waits for it, the others do not. */
const attempts: Scenario = {
  inputs: (prefix) => mixed(prefix, COUNT, 'err'),
  lines: ['retry = { attempts = 3, initial = "100ms", jitter = 0 }'],
  letters: 1,
};

/** A small window fills up behind one message that fails for a while. */
const spill: Scenario = {
  inputs: (prefix) =>
    flow(prefix, 2)
      .map((input, n) => (n === 0 ? { ...input, payload: 'fail-until 4' } : input))
      .map(withoutFirstOutput),
  lines: ['max_in_flight = 8', 'retry = { attempts = 6, initial = "150ms", jitter = 0 }'],
  letters: 0,
};

function withoutFirstOutput(input: Input, n: number): Input {
  return n === 0 ? { topic: input.topic, payload: input.payload } : input;
}

export interface Mode {
  readonly label: string;
  readonly qos: QoS;
  readonly lines: readonly string[];
  /** What the guest publishes goes through a binding of its own, at this qos. */
  readonly route?: QoS;
}

const QOS2: Mode = { label: 'qos 2', qos: 2, lines: ['qos = 2'] };
const QOS1: Mode = { label: 'qos 1', qos: 1, lines: ['qos = 1'] };
const QOS1_TRANSACTIONAL: Mode = { label: 'qos 1, transactional', qos: 1, lines: ['qos = 1', 'transactional = true'] };

/** Nothing is transactional, but a publish at qos 2 is journaled until the broker has it. */
const QOS1_ROUTED: Mode = { label: 'qos 1, publishing at qos 2', qos: 1, lines: ['qos = 1'], route: 2 };

export const modes = [QOS2, QOS1_TRANSACTIONAL, QOS1];
/** What a publish of a transaction goes through. */
const JOURNALED = [QOS2, QOS1_TRANSACTIONAL];

const PUBLISHED_AT_QOS2 = [QOS2, QOS1_ROUTED];
const PUBLISHED = [...JOURNALED, QOS1_ROUTED];

/** One failpoint: the host is started once for each of `kills`, dies there, and is then started to stay. */
export interface Case {
  readonly failpoint: string;
  readonly kills: readonly string[];
  readonly scenario: Scenario;
  readonly modes: readonly Mode[];
  /** Each host goes on with the attempts on which the one before it died. */
  readonly remembersAttempts?: boolean;
}

/** Killed twice, at different hits. */
const twice = (failpoint: string, scenario: Scenario, at: readonly Mode[], hits = [3, 5]): Case => ({
  failpoint,
  kills: hits.map((hit) => `${failpoint}:${hit}`),
  scenario,
  modes: at,
});

export const cases: readonly Case[] = [
  twice('in.handled', plain, modes),
  twice('in.committed', plain, JOURNALED),
  twice('in.acknowledged', plain, modes),
  twice('in.released', plain, [QOS2]),
  twice('in.unmarked', plain, [QOS2]),
  twice('in.completed', plain, [QOS2]),
  twice('out.identified', plain, PUBLISHED),
  twice('out.published', plain, PUBLISHED),
  twice('out.received', plain, PUBLISHED_AT_QOS2),
  twice('out.released', plain, PUBLISHED_AT_QOS2),
  twice('out.pubrel', plain, PUBLISHED_AT_QOS2),
  twice('out.completed', plain, PUBLISHED),
  twice('out.deleted', plain, PUBLISHED),
  twice('transaction.buffered', plain, JOURNALED),
  twice('dead-letter.decided', deadLetters, modes, [2, 2]),
  twice('dead-letter.committed', deadLetters, modes, [2, 2]),
  twice('attempt.decided', attempts, modes, [1, 1]),
  { ...twice('attempt.committed', attempts, modes, [1, 1]), remembersAttempts: true },
  twice('spill.decided', spill, modes, [1, 1]),
  twice('spill.committed', spill, modes, [1]),
  // A host that dies with messages in flight comes back and dies again, and again, while it connects.
  { ...twice('connect.doubted', plain, modes), kills: ['in.handled:9', 'connect.doubted:1', 'connect.doubted:1'] },
  { ...twice('connect.cleared', plain, modes), kills: ['in.handled:9', 'connect.cleared:1', 'connect.cleared:1'] },
];
