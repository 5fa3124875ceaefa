import { beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedBroker } from '../../src/broker/index.ts';
import { parseConfig } from '../../src/config/index.ts';
import { type CallContext, type CustomInterface, createHost, type HostStatus, WitError } from '../../src/index.ts';
import { buildAcmeGuest } from '../support/acme/guest.ts';
import { atEnd } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { tempDirectory } from '../support/temp.ts';

const MODULE = { module: new URL('../support/acme/hash.ts', import.meta.url) };

let component = '';
let cache = '';

beforeAll(async () => {
  cache = tempDirectory('cache');
  component = await buildAcmeGuest();
});

/** What `look-up` does with each item, and what it was told. */
class Prices {
  readonly contexts: CallContext[] = [];
  readonly args: unknown[][] = [];

  readonly given = {
    functions: {
      lookUp: async (item: string, at: number | undefined, context: CallContext): Promise<unknown> => {
        this.args.push([item, at]);
        this.contexts.push(context);
        if (item === 'apple') return { cents: 120n, currency: 'EUR', tags: ['red', 'fresh'] };
        if (item === 'closed') throw { tag: 'closed' };
        if (item === 'bug') throw new TypeError('look-up has a bug');
        if (item === 'shape') return 42;
        if (item === 'case') throw { tag: 'no-such-case' };
        if (item === 'function') return () => {};
        if (item === 'hang') return new Promise(() => {});
        throw new WitError({ tag: 'unknown-item', val: item }, `no ${item}`);
      },
      countItems: (): number => {
        throw new WitError({ tag: 'timeout' }, 'typed, where the type has no error');
      },
    },
  };
}

async function serve(interfaces: Readonly<Record<string, CustomInterface>>, timeout = '20s') {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0, protocol: 'tcp' });
  atEnd(() => broker.close());
  const file = `${tempDirectory('app')}/app.toml`;
  const toml = `specversion = "0.2"
name = "acme"
drain = "1s"
cache_dir = "${cache}"
[[capability]]
name = "pubsub.mqtt"
[[capability.config]]
url = "${broker.url}"
topic = "in/#"
timeout = "${timeout}"
retry = { attempts = 1 }
`;
  const statuses: HostStatus[] = [];
  const telemetry = { report: (status: HostStatus) => void statuses.push(status), wants: () => true };
  const host = createHost({
    config: parseConfig(toml, file, { env: {} }),
    component,
    telemetry,
    interfaces,
  });
  atEnd(() => host.drain('the test is over'));
  return { broker, host, statuses };
}

/** A running host, and a client that says what the guest is to do. */
async function running(timeout?: string) {
  const prices = new Prices();
  const interfaces = { 'acme:shop/prices@1.0.0': prices.given, 'acme:shop/hash': MODULE };
  const { broker, host, statuses } = await serve(interfaces, timeout);
  await host.start();
  await eventually(() => statuses.some(({ kind }) => kind === 'subscribed'), { timeout: 30_000 });
  const client = await connectClient(broker.url, { protocolVersion: 4 });
  const out = await collect(client, 'out');
  const ask = (text: string) => publish(client, 'in/a', text);
  const answer = async (text: string) => {
    await ask(text);
    const { text: json } = await out.next(30_000);
    const event = JSON.parse(json) as { data_base64?: string; data?: string };
    return event.data ?? Buffer.from(event.data_base64 ?? '', 'base64').toString();
  };
  /** The error that the message ends as a dead letter with. */
  const failure = async (text: string) => {
    const before = statuses.length;
    await ask(text);
    return eventually(() => statuses.slice(before).find((status) => status.kind === 'dead-letter')?.error, {
      timeout: 30_000,
    });
  };
  return { prices, host, statuses, answer, failure };
}

describe('a component that imports interfaces of the program that embeds the host', () => {
  it('calls functions by message and those of a module in its worker', async () => {
    const { prices, answer } = await running();
    expect(await answer('price apple')).toBe('120 EUR red+fresh no note');
    expect(prices.args).toEqual([['apple', 7]]);
    const [context] = prices.contexts;
    expect(context?.binding).toBe('b0');
    expect(Buffer.from(context?.event?.data ?? []).toString()).toBe('price apple');
    await eventually(() => context?.signal.aborted);
    // SHA-256 of "abc" begins with ba7816bf.
    expect(await answer('digest abc')).toBe('186,120,22,191');
    expect(await answer('hex 00ff')).toBe('0,255');
    expect(await answer('digest env')).toBe('');
  });

  it('gets their typed errors', async () => {
    const { answer } = await running();
    expect(await answer('price pear')).toBe('problem {"tag":"unknown-item","val":"pear"}');
    expect(await answer('price closed')).toBe('problem {"tag":"closed"}');
    expect(await answer('hex xyz')).toBe('problem "not hex: xyz"');
    expect(await answer('calls')).toBe('4');
  });

  it.each([
    ['price bug', /^the guest trapped: acme:shop\/prices@1\.2\.0#lookUp threw: look-up has a bug$/],
    ['price function', /^the guest trapped: .*#lookUp returned what cannot be handed on: .*could not be cloned/],
    ['price shape', /^the guest trapped: /],
    ['price case', /^the guest trapped: /],
    ['count', /^the guest trapped: .*#countItems threw .*its WIT type has no error$/],
    ['digest bug', /^the guest trapped: acme:shop\/hash@1\.2\.0#digest threw: digest has a bug$/],
    ['digest typed', /^the guest trapped: .*#digest threw .*its WIT type has no error$/],
    ['digest promise', /^the guest trapped: .*#digest returned a promise/],
  ])('%s: a fault of theirs fails the call alone, and the instance is replaced', async (command, error) => {
    const { answer, failure } = await running();
    expect(await answer('calls')).toBe('1');
    expect(await failure(command)).toMatch(error);
    expect(await answer('calls')).toBe('1');
    expect(await answer('price apple')).toMatch(/^120 EUR/);
  });

  it.each(['price hang', 'digest loop'])('%s: the deadline ends the call, the session stays', async (command) => {
    const { prices, statuses, answer, failure } = await running('2s');
    expect(await answer('calls')).toBe('1');
    expect(await failure(command)).toMatch(/did not return within/);
    if (command === 'price hang') expect(prices.contexts.at(-1)?.signal.aborted).toBe(true);
    await eventually(() => statuses.some((status) => status.kind === 'worker' && status.event === 'replaced'));
    expect(await answer('price apple')).toMatch(/^120 EUR/);
    expect(await answer('digest abc')).toBe('186,120,22,191');
    expect(statuses.filter(({ kind }) => kind === 'disconnected')).toEqual([]);
  });

  it('gives a function up that outlives "drain"', async () => {
    const { prices, host, failure } = await running('10m');
    void failure('price hang').catch(() => {});
    await eventually(() => prices.contexts.length === 1, { timeout: 30_000 });
    expect(prices.contexts[0]?.signal.aborted).toBe(false);
    await host.drain('enough');
    expect(prices.contexts[0]?.signal.aborted).toBe(true);
  });
});

describe('a start with interfaces that do not fit', () => {
  const PRICES = new Prices().given;
  const HASH = { module: `data:text/javascript,${encodeURIComponent('export const digest = () => {}')}` };
  const BROKEN = { module: 'data:text/javascript,throw new Error("no keys")' };

  it.each<[string, Readonly<Record<string, CustomInterface>>, string, RegExp]>([
    ['one is missing', { 'acme:shop/prices': PRICES }, 'COMPONENT_IMPORT', /cannot provide: acme:shop\/hash@1\.2\.0$/],
    [
      'one is of another version',
      { 'acme:shop/prices': PRICES, 'acme:shop/hash@2.0.0': MODULE },
      'COMPONENT_IMPORT',
      /acme:shop\/hash@1\.2\.0 \(this host provides 2\.0\.0\)$/,
    ],
    [
      'a function is missing',
      { 'acme:shop/prices': { functions: { 'look-up': () => 1, countItems: () => 1 } }, 'acme:shop/hash': MODULE },
      'COMPONENT_IMPORT',
      /acme:shop\/prices@1\.2\.0, and what was given for it lacks lookUp \(in WIT: look-up\); it has look-up, countItems$/,
    ],
    [
      'a module lacks a function',
      { 'acme:shop/prices': PRICES, 'acme:shop/hash': HASH },
      'COMPONENT_IMPORT',
      /acme:shop\/hash@1\.2\.0, and what was given for it lacks parseHex \(in WIT: parse-hex\); it has digest$/,
    ],
    [
      'a module does not load',
      { 'acme:shop/prices': PRICES, 'acme:shop/hash': BROKEN },
      'INTERFACE_MODULE',
      /of "acme:shop\/hash" cannot be loaded in a worker: no keys$/,
    ],
    [
      "one is the host's own",
      { 'acme:shop/prices': PRICES, 'acme:shop/hash': MODULE, 'wasi:random/random': PRICES },
      'INTERFACE_INVALID',
      /"wasi:random\/random" is provided by the host itself/,
    ],
  ])('%s: one error, before anything connects', async (_, interfaces, code, message) => {
    const { host, statuses } = await serve(interfaces);
    await expect(host.start()).rejects.toMatchObject({ code: `ERR_${code}`, message: expect.stringMatching(message) });
    expect(statuses).toEqual([]);
  });

  it('warns of one that the component does not import', async () => {
    const more = { 'acme:shop/prices': PRICES, 'acme:shop/hash': MODULE, 'acme:clock/time@1.0.0': PRICES };
    const { host, statuses } = await serve(more);
    await host.start();
    const notices = statuses.flatMap((status) => (status.kind === 'notice' ? [status] : []));
    expect(notices.filter(({ text }) => text.startsWith('interfaces:'))).toEqual([
      {
        kind: 'notice',
        level: 'warn',
        text: `interfaces: "acme:clock/time@1.0.0" was given, and ${component} does not import it`,
      },
    ]);
  });
});
