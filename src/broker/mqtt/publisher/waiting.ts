import type { OutboxRow, OutgoingEvent } from '../../../journal.ts';
import type { MqttVersion, OutgoingMessage } from '../../../types.ts';
import type { Verdict } from './verdicts.ts';

/** One call of `publish` until its verdict. */
export interface Job {
  readonly event: OutgoingEvent;
  /** What it counts for in the waiting queue. */
  readonly bytes: number;
  /** The event as `protocol` carries it. */
  message: OutgoingMessage;
  protocol: MqttVersion;
  /** The first verdict counts. */
  settle(verdict: Verdict): void;
  /** Its verdict was given. */
  settled: boolean;
  /** QoS 2: its row, once it has one. */
  row: OutboxRow | undefined;
  /** QoS 1: its packet id, once it has one. */
  packetId: number;
}

/** Publishes that have not been written yet, first come first, within bounds. */
export class Waiting {
  readonly #maxJobs: number;
  readonly #maxBytes: number;
  readonly #gone = new Set<Job>();
  /** Those that have left are `undefined`: they would be held until the next time that they are removed. */
  #jobs: (Job | undefined)[] = [];
  #next = 0;
  #bytes = 0;

  constructor(maxJobs: number, maxBytes: number) {
    this.#maxJobs = maxJobs;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#jobs.length - this.#next - this.#gone.size;
  }

  /** False where it would pass a bound. */
  add(job: Job): boolean {
    const { bytes } = job;
    if (this.size >= this.#maxJobs || (this.size > 0 && this.#bytes + bytes > this.#maxBytes)) return false;
    this.#jobs.push(job);
    this.#bytes += bytes;
    return true;
  }

  get first(): Job | undefined {
    for (;;) {
      const job = this.#jobs[this.#next];
      if (job === undefined || this.#gone.size === 0 || !this.#gone.delete(job)) return job;
      this.#jobs[this.#next++] = undefined;
    }
  }

  shift(): void {
    const job = this.first;
    if (job === undefined) return;
    this.#jobs[this.#next++] = undefined;
    this.#bytes -= job.bytes;
    this.#compact();
  }

  /** Takes a job that is in it out of its turn. */
  remove(job: Job): void {
    this.#gone.add(job);
    this.#bytes -= job.bytes;
    this.#compact();
  }

  /** Keeps what is gone from outnumbering what waits. */
  #compact(): void {
    if (this.#next + this.#gone.size <= this.size + 1024) return;
    this.#jobs = this.#jobs.slice(this.#next).filter((job) => job !== undefined && !this.#gone.delete(job));
    this.#next = 0;
  }
}
