import type { OutgoingMessage } from '../../types.ts';
import { messageBytes } from './packets.ts';
import type { Verdict } from './verdicts.ts';

/** One call of `publish` until its verdict. */
export interface Job {
  readonly message: OutgoingMessage;
  readonly settle: (verdict: Verdict) => void;
  /** The outbox row, once it has one. */
  key: number | undefined;
}

/** Publishes that have not been written yet, first come first, within bounds. */
export class Waiting {
  readonly #maxJobs: number;
  readonly #maxBytes: number;
  readonly #gone = new Set<Job>();
  #jobs: Job[] = [];
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
    const bytes = messageBytes(job.message);
    if (this.size >= this.#maxJobs || (this.size > 0 && this.#bytes + bytes > this.#maxBytes)) return false;
    this.#jobs.push(job);
    this.#bytes += bytes;
    return true;
  }

  get first(): Job | undefined {
    for (;;) {
      const job = this.#jobs[this.#next];
      if (job === undefined || !this.#gone.delete(job)) return job;
      this.#next++;
    }
  }

  shift(): void {
    const job = this.first;
    if (job === undefined) return;
    this.#next++;
    this.#bytes -= messageBytes(job.message);
    this.#compact();
  }

  /** Takes a job that is in it out of its turn. */
  remove(job: Job): void {
    this.#gone.add(job);
    this.#bytes -= messageBytes(job.message);
    this.#compact();
  }

  /** Keeps what is gone from outnumbering what waits. */
  #compact(): void {
    if (this.#next + this.#gone.size <= this.size + 1024) return;
    this.#jobs = this.#jobs.slice(this.#next).filter((job) => !this.#gone.delete(job));
    this.#next = 0;
  }
}
