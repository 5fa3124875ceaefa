import type { Socket } from 'node:net';
import type { SourceOptions } from './options.ts';
import { type Templates, templates, writeSerial } from './templates.ts';

/** Written at once at qos 0, about; large enough that the system calls do not count. */
const CHUNK = 256 * 1024;

/** What a feed tells of; one for all subscribers. */
export interface FeedCounters {
  acknowledged(latency: number | undefined): void;
}

/** Sends messages to one subscriber: as many as it takes, or `rate` a second. */
export class Feed {
  readonly #socket: Socket;
  readonly #options: SourceOptions;
  readonly #templates: Templates;
  readonly #counters: FeedCounters;
  readonly #free: number[];
  /** By packet id, with `rate`. */
  readonly #sentAt: Float64Array | undefined;
  #sent = 0;
  #due = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, options: SourceOptions, counters: FeedCounters) {
    this.#socket = socket;
    this.#options = options;
    this.#counters = counters;
    this.#templates = templates(options.qos, options.size, options.topics, options.cloudEvents);
    this.#free = Array.from({ length: options.window }, (_, index) => index + 1);
    if (options.rate !== undefined) this.#sentAt = new Float64Array(options.window + 1);
    socket.on('close', () => clearInterval(this.#timer));
  }

  start(): void {
    const { rate, qos } = this.#options;
    if (rate !== undefined) this.#pace(rate);
    else if (qos === 0) this.#flood();
    else this.fill();
  }

  acknowledged(packetId: number): void {
    this.#free.push(packetId);
    const at = this.#sentAt?.[packetId];
    this.#counters.acknowledged(at === undefined ? undefined : performance.now() - at);
  }

  /** Sends what the window allows, in one write. Nothing at qos 0, which has no window. */
  fill(): void {
    const { qos, rate } = this.#options;
    if (qos === 0) return;
    const count = Math.min(this.#free.length, this.#left, rate === undefined ? this.#free.length : this.#due);
    if (count <= 0) return;
    this.#due -= count;
    this.#socket.write(this.#packets(count));
  }

  get #left(): number {
    return (this.#options.total ?? Number.POSITIVE_INFINITY) - this.#sent;
  }

  #packets(count: number): Buffer {
    const { packets, length, idAt, serialAt } = this.#templates;
    const bytes = Buffer.allocUnsafe(count * length);
    const now = this.#sentAt === undefined ? 0 : performance.now();
    for (let index = 0, at = 0; index < count; index++, at += length) {
      bytes.set(packets[this.#sent % packets.length] ?? bytes, at);
      if (serialAt >= 0) writeSerial(bytes, at + serialAt, this.#sent);
      if (idAt >= 0) {
        const id = this.#free.pop() ?? 0;
        bytes.writeUInt16BE(id, at + idAt);
        if (this.#sentAt !== undefined) this.#sentAt[id] = now;
      }
      this.#sent++;
    }
    return bytes;
  }

  #flood(): void {
    if (this.#socket.destroyed) return;
    const count = Math.min(Math.max(1, Math.floor(CHUNK / this.#templates.length)), this.#left);
    if (count <= 0) return;
    if (this.#socket.write(this.#packets(count))) setImmediate(() => this.#flood());
    else this.#socket.once('drain', () => this.#flood());
  }

  /** What is due is reckoned from the start, so that a late timer changes no rate. */
  #pace(rate: number): void {
    const began = performance.now();
    let asked = 0;
    this.#timer = setInterval(() => {
      const target = Math.floor(((performance.now() - began) * rate) / 1_000);
      this.#due += target - asked;
      asked = target;
      if (this.#options.qos > 0) this.fill();
      else if (this.#due > 0) {
        this.#socket.write(this.#packets(Math.min(this.#due, this.#left)));
        this.#due = 0;
      }
    }, 1);
  }
}
