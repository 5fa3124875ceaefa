/** How one test ended. */
export interface Outcome {
  /** Path from the root of the repository. */
  readonly file: string;
  /** With the names of what it is nested in, as vitest's `-t` sees it. */
  readonly name: string;
  /** `again`: it failed, and passed when it was run once more, alone. */
  readonly state: 'kept' | 'again' | 'broken';
  /** Of a test that failed. */
  readonly message?: string;
}

/** One run of vitest and what it found. */
export interface Ran {
  readonly outcomes: readonly Outcome[];
  /** What is missing, in words. */
  readonly left?: string;
  /** It had failed too often. */
  readonly ended?: boolean;
}

/** What is known of a broker, as it is kept in `generated/`. */
export interface BrokerResult {
  readonly key: string;
  readonly label: string;
  readonly from: string;
  /** Of the run, as YYYY-MM-DD. */
  readonly date: string;
  /** Why there is nothing else. */
  readonly unavailable?: string;
  /** What the run did not come to, each in words. */
  readonly left?: readonly string[];
  readonly columns: Readonly<Record<string, ColumnResult>>;
}

export interface ColumnResult {
  /** Tests that passed, at once or when they were run again. */
  readonly kept: number;
  /** A run was ended, with tests of this column left. */
  readonly ended: boolean;
  readonly again: readonly string[];
  readonly broken: readonly { readonly name: string; readonly message: string }[];
}

/** One promise: a column of the table. */
export interface Column {
  readonly key: string;
  readonly heading: string;
  /** What its tests show, in a sentence. */
  readonly means: string;
  has(outcome: Outcome): boolean;
  /** Of a test that failed: whether it is this promise that was broken. Always, unless told. */
  blames?(message: string): boolean;
}

const wire =
  (...kinds: readonly string[]) =>
  ({ file, name }: Outcome): boolean =>
    file.includes('/wire-') && kinds.some((kind) => name.includes(`> ${kind}: `));

const atFailpoint = ({ file }: Outcome): boolean => file.endsWith('/failpoints.test.ts');

/** A flow that is killed is looked at for order last (`survival.ts`): whatever fails there, all else held. */
const ofOrder = (message: string): boolean => message.includes('outputs of the messages on ');

export const columns: readonly Column[] = [
  {
    key: 'qos1',
    heading: 'qos 1: nothing lost',
    means: 'The host is killed with -9 between any two steps; dead letters and attempts are not lost either.',
    has: (outcome) => atFailpoint(outcome) && / qos 1$/.test(outcome.name),
    blames: (message) => !ofOrder(message),
  },
  {
    key: 'qos2',
    heading: 'qos 2: nothing lost, nothing repeated',
    means: 'The same, with a guest that pulls too; and through cut connections, with 2,000 publishes in order.',
    has: (outcome) =>
      (atFailpoint(outcome) && / qos 2$/.test(outcome.name)) ||
      outcome.file.endsWith('/pull-failpoints.test.ts') ||
      outcome.file.endsWith('/exactly-once.test.ts'),
    blames: (message) => !ofOrder(message),
  },
  {
    key: 'order',
    heading: 'order',
    means: 'Messages of one topic have their effects in order over those kills. Tests that lost some do not count.',
    has: (outcome) => atFailpoint(outcome) && (outcome.state !== 'broken' || ofOrder(outcome.message ?? '')),
  },
  {
    key: 'trials',
    heading: 'random faults',
    means: 'Trials with kills, cuts, stalls, half-open connections and split packets keep the contract.',
    has: ({ file }) => file.includes('/trials.'),
  },
  {
    key: 'contract',
    heading: "the driver's contract",
    means: 'Sessions, windows, retained messages, properties, order: what the MQTT driver is tested for.',
    has: ({ file }) => file.endsWith('/contract.suite.ts'),
  },
  {
    key: 'resend',
    heading: 'resends',
    means:
      'What is unanswered comes again in order, under its id and with DUP; after PUBREC, PUBREL; what a publisher sends again arrives once.',
    has: wire('redelivery', 'publisher'),
  },
  {
    key: 'queue',
    heading: 'queue',
    means: '`$share`: QoS 2 is granted, one member gets a message, each gets some, none is lost, no retained ones.',
    has: wire('queue'),
  },
  {
    key: 'restart',
    heading: 'clean restart',
    means: 'The broker is stopped and started: sessions, what they hold, and the subscription of a queue are there.',
    has: wire('clean restart'),
  },
  {
    key: 'kill',
    heading: 'kill -9 of the broker',
    means: 'What it had acknowledged is there afterwards, and half-received messages go on.',
    has: wire('kill -9'),
  },
  {
    key: 'rest',
    heading: 'backlog, window, takeover',
    means: '3,000 messages wait for a session that is away; Receive Maximum is kept; a takeover is told with 0x8E.',
    has: wire('backlog', 'window', 'takeover'),
  },
];

/** Puts the outcomes of the runs into their columns. */
export function byColumn(runs: readonly Ran[]): Record<string, ColumnResult> {
  return Object.fromEntries(columns.map((column) => [column.key, resultOf(column, runs)]));
}

function resultOf(column: Column, runs: readonly Ran[]): ColumnResult {
  const mine = runs.flatMap(({ outcomes }) => outcomes.filter((outcome) => column.has(outcome)));
  const isBroken = ({ state, message = '' }: Outcome) =>
    state === 'broken' && (column.blames === undefined || column.blames(message));
  return {
    kept: mine.filter((outcome) => !isBroken(outcome)).length,
    ended: runs.some(({ ended, outcomes }) => ended === true && outcomes.some((outcome) => column.has(outcome))),
    again: mine.filter(({ state }) => state === 'again').map(({ name }) => name),
    broken: mine.filter(isBroken).map(({ name, message = '' }) => ({ name, message })),
  };
}
