import { vi } from 'vitest';
import type { BindingConfig } from '../../src/config/model.ts';
import { digestOf } from '../../src/delivery/digest.ts';
import type { Sent } from './fake-subscriber.ts';
import { settled } from './fixtures.ts';
import { type Call, ERR, OK, publishOf, setUp } from './harness.ts';
import { MemoryJournal } from './memory-journal.ts';
import { SimulatedBroker } from './simulated-broker.ts';

export interface SimulationOptions {
  readonly random: () => number;
  readonly qos: 1 | 2;
  readonly messages: number;
  readonly steps: number;
  readonly topics: readonly string[];
  readonly order: 'topic' | 'none';
  readonly faults: {
    readonly kill: number;
    readonly drop: number;
    readonly loseSession?: number;
    readonly expire?: number;
  };
  /** How many calls of a topic are chained. */
  readonly ahead?: number;
  /** How many messages may be unacknowledged; 3 unless told. */
  readonly window?: number;
  /** How often a call fails. */
  readonly failing: number;
}

/** Messages that a broker sends before the first is acknowledged. */
const WINDOW = 3;

/**
 * A broker, one binding's delivery and a journal, whose steps come in any order that is possible, with kill -9 and lost
 * connections between any two: the model of the rules in miniature, with the real code for a host. Throws at the first thing
 * that DELIVERY does not allow.
 */
export class Simulation {
  readonly #options: SimulationOptions;
  readonly #broker: SimulatedBroker;
  readonly #trace: string[] = [];
  /** Attempts of each message that were committed, and failed ones. */
  readonly #committed = new Map<number, number>();
  #journal = new MemoryJournal();
  #host: ReturnType<typeof setUp> | undefined;
  #connection: 'none' | 'connecting' | 'connect' | 'open' = 'none';
  #calls: Call[] = [];
  /** Of each message, the last attempt that this process has seen the end of. */
  #ended = new Map<number, { readonly attempt: number; readonly ok: boolean }>();
  /** Calls end; those of their chain that start with that may end in the same turn. */
  #ending = false;
  #produced = 0;
  #wasMarked = new Set<number>();

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#broker = new SimulatedBroker(options.qos, options.window ?? WINDOW, (m) => this.#topicOf(m));
  }

  async run(): Promise<void> {
    try {
      await this.#chaos();
      await this.#finish();
      this.#checkEnd();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new Error(`${text}\n${this.#trace.slice(-60).join('\n')}`, { cause: error });
    }
  }

  #topicOf(m: number): string {
    const { topics } = this.#options;
    return topics[m % topics.length] ?? '';
  }

  async #chaos(): Promise<void> {
    this.#start();
    for (let step = 0; step < this.#options.steps; step++) {
      const possible = [...this.#steps(true), ...this.#faults()];
      const total = possible.reduce((sum, [weight]) => sum + weight, 0);
      let at = this.#options.random() * total;
      for (const [weight, name, act] of possible) {
        at -= weight;
        if (at >= 0) continue;
        await this.#do(name, act);
        break;
      }
    }
  }

  /** Without faults: everything has to come to its end. */
  async #finish(): Promise<void> {
    for (let round = 0; round < 2_000; round++) {
      const [next] = this.#steps(false);
      if (next !== undefined) {
        await this.#do(next[1], next[2]);
        continue;
      }
      if (vi.getTimerCount() === 0) return;
      vi.advanceTimersByTime(500);
      await settled();
    }
    throw new Error('STUCK: it never comes to its end');
  }

  async #do(name: string, act: () => void): Promise<void> {
    this.#trace.push(name);
    act();
    await settled();
    this.#observe();
  }

  #start(): void {
    const retry = { attempts: 3, initial: 50, max: 100, jitter: 0 };
    const { qos, order, window = WINDOW } = this.#options;
    const settings: Partial<BindingConfig> = { qos, order, retry, maxInFlight: window + 1, transactional: true };
    const host = setUp(settings, { journal: this.#journal, capacity: 16, ahead: this.#options.ahead ?? 0 });
    this.#calls = [];
    this.#ended = new Map();
    host.pool.onCall = (call) => this.#called(host, call);
    for (const call of host.calls) this.#called(host, call);
    host.subscriber.onSent = (sent) => this.#sent(host, sent);
    this.#host = host;
    this.#connection = 'none';
  }

  #called(host: object, call: Call): void {
    if (this.#host !== undefined && host !== this.#host) return;
    this.#calls.push(call);
    this.#trace.push(`  m${call.call.event.id} starts, attempt ${call.call.delivery.attempt}`);
    const m = Number(call.call.event.id);
    const before = call.call.delivery.attempt - 1;
    const failed = this.#committed.get(m) ?? 0;
    if (this.#options.qos === 2 && !this.#broker.lost.has(m) && before < failed)
      throw new Error(`ATTEMPTS: attempt ${before + 1} of m${m}, though ${failed} failed`);
    const other = this.#calls.find((one) => one !== call && one.call.event.id === call.call.event.id);
    if (other !== undefined && this.#options.qos === 2) throw new Error(`TWICE: two calls of m${m} at once`);
    const ended = this.#options.qos === 2 && !this.#broker.lost.has(m) ? this.#ended.get(m) : undefined;
    if (ended !== undefined && (ended.ok || ended.attempt > before))
      throw new Error(`AGAIN: attempt ${before + 1} of m${m}, after its attempt ${ended.attempt} had ended`);
    if (this.#ending && this.#options.random() < 0.7) this.#answer(call, true);
  }

  #sent(host: object, sent: Sent): void {
    if (host !== this.#host || this.#connection !== 'open') return;
    const m = this.#broker.inflight(sent.packetId);
    const { durable } = this.#journal;
    if ((sent.cmd === 'pubrec' || sent.cmd === 'puback') && m !== undefined && !this.#isSafe(m))
      throw new Error(`EARLY: ${sent.cmd} of m${m}, which is not in the journal`);
    if (sent.cmd === 'pubcomp' && durable.markers.has(sent.packetId))
      throw new Error(`EARLY: pubcomp ${sent.packetId} before its marker is deleted`);
    this.#broker.fromHost.push(sent);
  }

  /** Its effect, its dead letter or itself is in the journal. */
  #isSafe(m: number): boolean {
    const { published, letters, spilled } = this.#journal.durable;
    return [...published, ...letters, ...spilled].some(({ event }) => event.id === `${m}`) || this.#wasMarked.has(m);
  }

  #observe(): void {
    const { published, letters, spilled, attempts } = this.#journal.durable;
    for (const { event } of [...published, ...letters, ...spilled]) this.#wasMarked.add(Number(event.id));
    for (const row of spilled) this.#note(Number(row.event.id), row.attempts);
    for (const [packetId, { digest, attempts: count }] of attempts) {
      const m = this.#broker.inflight(packetId);
      if (m !== undefined && digest === this.#digestOf(m)) this.#note(m, count);
    }
    this.#checkRepeats();
  }

  #note(m: number, attempts: number): void {
    this.#committed.set(m, Math.max(attempts, this.#committed.get(m) ?? 0));
  }

  #digestOf(m: number): string {
    const sent = new SimulatedBroker(this.#options.qos, 1, (n) => this.#topicOf(n));
    sent.produce(m);
    sent.send();
    const [packet] = sent.toHost;
    return packet?.cmd === 'publish' ? digestOf(packet.message) : '';
  }

  #checkRepeats(): void {
    const { published, letters } = this.#journal.durable;
    const [seen, dead] = [new Set<number>(), new Set(letters.map(({ event }) => Number(event.id)))];
    const last = new Map<string, number>();
    for (const { event } of published) {
      const m = Number(event.id);
      const again = seen.has(m);
      if (this.#options.qos === 2 && (again || dead.has(m))) throw new Error(`REPEAT: m${m} took effect twice`);
      seen.add(m);
      const topic = this.#topicOf(m);
      // At QoS 1 a copy of a dead letter may come later.
      if (!again && !dead.has(m) && this.#options.order === 'topic' && (last.get(topic) ?? 0) > m)
        throw new Error(`ORDER: m${m} after m${last.get(topic)} of ${topic}`);
      last.set(topic, Math.max(m, last.get(topic) ?? 0));
    }
    if (this.#options.qos === 2 && dead.size < letters.length)
      throw new Error('REPEAT: two dead letters of one message');
  }

  #checkEnd(): void {
    const { published, letters, spilled, markers } = this.#journal.durable;
    const done = new Set([...published, ...letters].map(({ event }) => Number(event.id)));
    for (let m = 1; m <= this.#produced; m++)
      if (!done.has(m) && !this.#broker.lost.has(m)) throw new Error(`LOST: m${m}`);
    if (this.#produced < this.#options.messages) throw new Error('DEAF: the broker has no subscription');
    if (spilled.length > 0 || !this.#broker.isEmpty) throw new Error('STUCK: something is left');
    const { faults } = this.#options;
    if (markers.size > 0 && faults.loseSession === undefined && faults.expire === undefined)
      throw new Error('LEAK: a marker is left');
    if (this.#host?.subscriber.window.messages !== 0) throw new Error('LEAK: the window is not empty');
  }

  /** What may happen next, with how likely it is. */
  *#steps(random: boolean): Iterable<[number, string, () => void]> {
    const [broker, host] = [this.#broker, this.#host];
    if (host === undefined) return;
    if (this.#journal.pending.length > 0)
      yield [3, `commit {${this.#journal.pending.join(', ')}}`, () => this.#journal.commit()];
    if (this.#connection === 'none') yield [2, 'connecting', () => this.#connect(host)];
    if (this.#connection === 'connect') yield [3, 'CONNECT', () => this.#reach()];
    if (this.#connection === 'open') {
      if (broker.fromHost.length > 0)
        yield [3, `broker reads ${broker.fromHost[0]?.cmd} ${broker.fromHost[0]?.packetId}`, () => broker.read()];
      const [packet] = broker.toHost;
      if (packet !== undefined && !host.subscriber.isHeldBack)
        yield [4, `host reads ${JSON.stringify(packet).slice(0, 160)}`, () => this.#read(host)];
      if (broker.canSend) yield [3, 'broker sends', () => broker.send()];
    }
    if (broker.isSubscribed && this.#produced < this.#options.messages)
      yield [1, 'produce', () => broker.produce(++this.#produced)];
    for (const call of random ? this.#calls : this.#calls.slice(0, 1))
      yield [2 / this.#calls.length, `m${call.call.event.id} ends`, () => this.#answer(call, random)];
    if (random && vi.getTimerCount() > 0) yield [2, 'time passes', () => vi.advanceTimersByTime(60)];
  }

  *#faults(): Iterable<[number, string, () => void]> {
    const { kill, drop, loseSession = 0, expire = 0 } = this.#options.faults;
    yield [kill, 'KILL', () => this.#kill()];
    if (this.#connection !== 'none') yield [drop, 'DROP', () => this.#drop()];
    yield [loseSession, 'SESSION LOST', () => this.#loseSession()];
    if (this.#connection === 'none')
      yield [expire, 'EXPIRES', () => this.#broker.expire(Math.floor(this.#options.random() * 3))];
  }

  #connect(host: ReturnType<typeof setUp>): void {
    this.#connection = 'connecting';
    void host.delivery.connecting().then(() => {
      if (host === this.#host && this.#connection === 'connecting') this.#connection = 'connect';
    });
  }

  #reach(): void {
    this.#connection = 'open';
    this.#broker.connect();
  }

  #read({ subscriber }: ReturnType<typeof setUp>): void {
    const packet = this.#broker.toHost.shift();
    if (packet?.cmd === 'connack') void subscriber.connected(packet.sessionPresent);
    else if (packet?.cmd === 'suback') void subscriber.subscribed();
    else if (packet?.cmd === 'publish') subscriber.receive(packet.message);
    else if (packet?.cmd === 'pubrel') subscriber.release(packet.packetId);
  }

  #answer(call: Call, random: boolean): void {
    this.#calls = this.#calls.filter((one) => one !== call);
    const ok = !random || this.#options.random() >= this.#options.failing;
    const { event, delivery, transaction } = call.call;
    this.#ended.set(Number(event.id), { attempt: delivery.attempt, ok });
    this.#trace.push(`  m${event.id} has ended with ${ok ? 'ok' : 'err'}`);
    if (ok) transaction?.publishes.push(publishOf(event.id));
    this.#ending = random;
    call.resolve(ok ? OK : ERR);
    this.#ending = false;
  }

  #drop(): void {
    if (this.#connection === 'open') this.#host?.subscriber.drop();
    this.#connection = 'none';
    this.#broker.drop();
  }

  #loseSession(): void {
    this.#drop();
    this.#broker.loseSession();
  }

  #kill(): void {
    this.#broker.drop();
    vi.clearAllTimers();
    this.#host = undefined;
    this.#journal = this.#journal.afterKill();
    this.#start();
  }
}
