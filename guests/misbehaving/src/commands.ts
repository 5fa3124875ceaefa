import { current } from 'host:pubsub/delivery@0.1.0';
import { type Options, publishWith } from 'host:pubsub/publisher@0.1.0';
import { exit } from 'wasi:cli/exit@0.2.12';
import { subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.12';
import { publish } from 'wasi:pubsub/data-basic@0.1.0';
import type { Event } from 'wasi:pubsub/types@0.1.0';

type Command = (words: readonly string[], message: Event) => void;

const encoder = new TextEncoder();
const NANOSECONDS_PER_MILLISECOND = 1_000_000;
/** A few milliseconds. */
const STEPS_PER_ROUND = 50_000;

/** Calls of `count` on this instance: starts again when the instance is replaced. */
let counted = 0;

function eventOf(data: string): Event {
  return { id: '', source: '', type: 'sample.misbehaving', data: encoder.encode(data) };
}

function allocate(): void {
  const kept: Uint8Array[] = [];
  for (;;) kept.push(new Uint8Array(4 * 1024 * 1024).fill(1));
}

function overflow(depth: number): number {
  return overflow(depth + 1) + 1;
}

interface OptionsJson extends Partial<Omit<Options, 'correlationData'>> {
  readonly data?: string;
  readonly correlationData?: readonly number[];
}

/** With the options that are given, and no others; a refusal is published on `out/refused`. */
function publishOptions(topic: string, { data = '', correlationData, ...rest }: OptionsJson): void {
  const correlation = correlationData === undefined ? {} : { correlationData: Uint8Array.from(correlationData) };
  try {
    publishWith(topic, eventOf(data), { retain: false, userProperties: [], ...rest, ...correlation });
  } catch (thrown) {
    publish('out/refused', eventOf(JSON.stringify((thrown as { readonly payload?: unknown }).payload)));
  }
}

/** What this guest does when told to; README.md lists them. */
export const commands: Readonly<Record<string, Command>> = {
  ok: () => {},
  err: (words) => {
    throw { tag: 'other', val: words.join(' ') || 'told to fail' };
  },
  'err-connection': (words) => {
    throw { tag: 'connection', val: words.join(' ') || 'told to fail' };
  },
  'err-timeout': () => {
    throw { tag: 'timeout' };
  },
  reject: (words) => {
    throw { tag: 'rejected', val: words.join(' ') || 'told to reject' };
  },
  throw: (words) => {
    throw new Error(words.join(' ') || 'told to throw');
  },
  // No case of the variant has this name: the bindings cannot encode it and execute `unreachable`.
  trap: () => {
    throw { tag: 'no-such-case' };
  },
  loop: () => {
    for (;;);
  },
  allocate,
  overflow: () => {
    overflow(0);
  },
  exit: ([status]) => exit({ tag: status === '0' ? 'ok' : 'err', val: undefined }),
  sleep: ([milliseconds = '0']) => subscribeDuration(nanoseconds(milliseconds)).block(),
  'fail-until': ([attempt = '2']) => {
    const found = current()?.attempt ?? 0;
    if (found < Number(attempt)) throw { tag: 'other', val: `attempt ${found} fails, as told` };
  },
  publish: ([topic = '', times = '1']) => {
    for (let i = 1; i <= Number(times); i++) publish(topic, eventOf(String(i)));
  },
  work: ([topic = '', rounds = '1']) => {
    for (let left = Number(rounds) * STEPS_PER_ROUND; left > 0; left--);
    publish(topic, eventOf('1'));
  },
  until: ([attempt = '2', name = '', topic = ''], message) => {
    if ((current()?.attempt ?? 0) < Number(attempt)) commands[name]?.([], message);
    publish(topic, eventOf('1'));
  },
  'publish-with': ([topic = '', responseTopic = '']) =>
    publishWith(topic, eventOf('with options'), {
      retain: true,
      contentType: 'text/plain',
      expiry: 60,
      responseTopic,
      correlationData: encoder.encode('correlated'),
      userProperties: [['made-by', 'misbehaving']],
    }),
  'publish-options': ([topic = '', json = '{}']) => publishOptions(topic, JSON.parse(json)),
  'publish-untyped': ([topic = '']) => publish(topic, { ...eventOf('no type'), type: '' }),
  'publish-then-err': ([topic = '']) => {
    publish(topic, eventOf('before the failure'));
    throw { tag: 'other', val: 'told to fail after publishing' };
  },
  forward: ([topic = ''], message) => publish(topic, message),
  delivery: ([topic = '']) => publish(topic, eventOf(JSON.stringify(current()))),
  'report-again': ([topic = '']) => {
    const delivery = current();
    if (delivery?.redelivered !== true) throw { tag: 'other', val: 'not redelivered, so it fails as told' };
    publish(topic, eventOf(JSON.stringify({ ...delivery, correlationData: [...(delivery.correlationData ?? [])] })));
  },
  count: ([topic = '']) => {
    counted += 1;
    publish(topic, eventOf(String(counted)));
  },
  log: (words) => console.log(...words),
};

/** The runtime takes a 64-bit integer as a number, while the generated types call for a bigint. */
function nanoseconds(milliseconds: string): bigint {
  return (Number(milliseconds) * NANOSECONDS_PER_MILLISECOND) as unknown as bigint;
}
