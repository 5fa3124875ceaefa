import { current } from 'host:pubsub/delivery@0.1.0';
import { getArguments, getEnvironment } from 'wasi:cli/environment@0.2.12';
import { exitWithCode } from 'wasi:cli/exit@0.2.12';
import { getStdin } from 'wasi:cli/stdin@0.2.12';
import { publish, receive, stream } from 'wasi:pubsub/data-basic@0.1.0';
import type { Event } from 'wasi:pubsub/types@0.1.0';

/** What the runtime's streams can do beside being iterated. */
interface RawStream {
  read(count: number): Promise<readonly Event[]>;
  cancelRead(): unknown;
  drop(): void;
}

type Step = (words: readonly string[]) => void | Promise<void>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function say(topic: string, text: string): void {
  publish(topic, { id: '', source: '', type: 'sample.pulling', data: encoder.encode(text) });
}

/** Publishes until it succeeds: what a broker that is away has not confirmed may come twice. */
function insist(topic: string, text: string): void {
  for (let tries = 1; ; tries++) {
    try {
      say(topic, text);
      return;
    } catch (thrown) {
      console.warn(`try ${tries}: ${errorText(thrown)}`);
    }
  }
}

/** A payload that is a deed is done, whatever asked for it. */
function take({ data }: Event, to: string | undefined): void {
  const text = decoder.decode(data);
  const [deed, word] = text.split(' ');
  const attempt = current()?.attempt ?? 0;
  if (to !== undefined) say(to, text);
  if (deed === 'trap' && attempt < Number(word ?? 99)) throw new Error('told to trap');
  if (deed === 'err' && attempt < Number(word ?? 99)) throw { tag: 'other', val: 'told to fail' };
  if (deed === 'loop' && attempt < Number(word ?? 99)) for (;;);
  if (deed === 'exit') exitWithCode(Number(word));
}

/** The typed error of an import is the payload of what is thrown. */
function errorText(thrown: unknown): string {
  return JSON.stringify((thrown as { readonly payload?: unknown }).payload ?? String(thrown));
}

function repeat(times: string | undefined, act: () => void): void {
  for (let i = 0; times === undefined || i < Number(times); i++) act();
}

/** What this guest does when told to; README.md lists them. */
export const steps: Readonly<Record<string, Step>> = {
  receive: ([topic = '', to, times]) => repeat(times, () => take(receive(topic), to)),
  echo: ([topic = '', prefix = '']) =>
    repeat(undefined, () => {
      const text = decoder.decode(receive(topic).data);
      insist(prefix + text, text);
    }),
  try: ([topic = '', to = '']) => {
    try {
      say(to, decoder.decode(receive(topic).data));
    } catch (thrown) {
      say(to, errorText(thrown));
    }
  },
  'try-stream': ([topic = '', to = '']) => {
    try {
      stream(topic);
    } catch (thrown) {
      say(to, errorText(thrown));
    }
  },
  read: async ([topic = '', to, times]) => {
    let left = Number(times ?? Number.POSITIVE_INFINITY);
    for await (const event of stream(topic)) {
      take(event, to);
      left -= 1;
      if (left === 0) break;
    }
  },
  count: async ([topic = '', to = '', every = '1000']) => {
    let count = 0;
    for await (const _ of stream(topic)) {
      count += 1;
      if (count % Number(every) === 0) say(to, String(count));
    }
    say(to, `end ${count}`);
  },
  distinct: async ([topic = '', to = '', total = '1']) => {
    const seen = new Uint8Array(Number(total));
    let [distinct, read] = [0, 0];
    for await (const { data } of stream(topic)) {
      const number = Number(decoder.decode(data));
      read += 1;
      if (seen[number] === 0) distinct += 1;
      seen[number] = 1;
      if (read % 10_000 === 0) console.log(`${read} read`);
      if (distinct === seen.length) break;
    }
    say(to, `${distinct} of ${read}`);
  },
  'cancel-read': async ([topic = '', to, between]) => {
    const events = stream(topic) as unknown as RawStream;
    const reading = events.read(1).catch(() => []);
    const cancelled = events.cancelRead();
    const read = await reading;
    console.log(`cancelled: ${JSON.stringify(cancelled)}, read: ${read.length}`);
    // The event may have come before the read was given up: then it was read.
    for (const event of read) take(event, to);
    if (between !== undefined) say(between, 'cancelled');
    events.drop();
  },
  'echo-stream': async ([topic = '', prefix = '']) => {
    for await (const { data } of stream(topic)) {
      const text = decoder.decode(data);
      insist(prefix + text, text);
    }
  },
  number: ([prefixes = '', from = '0', to = '0']) => {
    const places = prefixes.split(',');
    for (let n = Number(from); n < Number(to); n++) {
      try {
        say(`${places[n % places.length]}${n}`, String(n));
        console.log(`published ${n}`);
      } catch (thrown) {
        console.warn(`not published ${n}: ${errorText(thrown)}`);
      }
    }
  },
  'loop-beside-read': ([topic = '']) => {
    void (stream(topic) as unknown as RawStream).read(1);
    for (;;);
  },
  'loop-refused': ([topic = '']) => {
    for (;;)
      try {
        receive(topic);
      } catch {
        // And again.
      }
  },
  delivery: ([to = '']) => say(to, JSON.stringify(current() ?? null)),
  publish: ([to = '', text = '']) => say(to, text),
  arguments: ([to = '']) => say(to, JSON.stringify(getArguments())),
  env: ([to = '']) => say(to, JSON.stringify(getEnvironment())),
  stdin: ([to = '']) => {
    try {
      getStdin().blockingRead(1 as unknown as bigint);
      say(to, 'read');
    } catch (thrown) {
      say(to, errorText(thrown));
    }
  },
  fail: () => {
    throw undefined;
  },
  trap: () => {
    throw new Error('told to trap');
  },
  exit: ([code]) => exitWithCode(Number(code)),
  loop: () => {
    for (;;);
  },
};

/** Performs one step of a command, as `receive jobs/+ out 3`. */
export async function perform(text: string): Promise<void> {
  const [name = '', ...words] = text.split(' ');
  const step = steps[name];
  if (step === undefined) throw new Error(`"${name}" is no step`);
  await step(words);
}
