import type { OutboxRow, OutgoingEvent } from '../../../journal.ts';
import type { MqttVersion, OutgoingMessage } from '../../../types.ts';
import { messageBytes } from '../wire/packets.ts';
import type { Verdict } from './verdicts.ts';
import type { Job } from './waiting.ts';

/** Timers count whole milliseconds, so one may be early by that. */
const EARLY = 1;

export interface JobsHooks {
  /** Its time is over: it is to be settled. */
  expired(job: Job): void;
  settled(): void;
}

/** What is to be published. */
export interface Order {
  readonly event: OutgoingEvent;
  readonly message: OutgoingMessage;
  readonly protocol: MqttVersion;
  /** Milliseconds until its verdict has to be there. */
  readonly timeout: number;
  readonly answer: (verdict: Verdict) => void;
}

class OpenJob implements Job {
  readonly event: OutgoingEvent;
  readonly bytes: number;
  readonly deadline: number;
  message: OutgoingMessage;
  protocol: MqttVersion;
  settled = false;
  row: OutboxRow | undefined = undefined;
  packetId = 0;
  before: OpenJob | undefined = undefined;
  behind: OpenJob | undefined = undefined;
  readonly #jobs: Jobs;
  readonly #answer: (verdict: Verdict) => void;

  constructor({ event, message, protocol, timeout, answer }: Order, jobs: Jobs) {
    this.event = event;
    this.message = message;
    this.protocol = protocol;
    this.bytes = messageBytes(message);
    this.deadline = performance.now() + timeout;
    this.#jobs = jobs;
    this.#answer = answer;
  }

  settle(verdict: Verdict): void {
    if (this.settled) return;
    this.settled = true;
    this.#jobs.remove(this);
    this.#answer(verdict);
    this.#jobs.hooks.settled();
  }
}

/**
 * The publishes that somebody waits for, until their verdicts. Each has a deadline, and hardly one is met: so there is one
 * timer for all, for the earliest, and it stays when that one is settled. They are a list by themselves, since a `Set`
 * leaves tables behind that hold what was in it.
 */
export class Jobs {
  readonly hooks: JobsHooks;
  #first: OpenJob | undefined;
  #last: OpenJob | undefined;
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #next = Number.POSITIVE_INFINITY;

  constructor(hooks: JobsHooks) {
    this.hooks = hooks;
  }

  get size(): number {
    return this.#size;
  }

  /** In the order in which they came. */
  all(): Job[] {
    return this.#all();
  }

  open(order: Order): Job {
    const job = new OpenJob(order, this);
    job.before = this.#last;
    if (this.#last === undefined) this.#first = job;
    else this.#last.behind = job;
    this.#last = job;
    this.#size++;
    if (job.deadline < this.#next) this.#watch(job.deadline);
    return job;
  }

  /** Once, by the job itself. */
  remove(job: OpenJob): void {
    const { before, behind } = job;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    job.before = undefined;
    job.behind = undefined;
    this.#size--;
  }

  /** Ends its timer: no more are opened. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#next = Number.POSITIVE_INFINITY;
  }

  #all(): OpenJob[] {
    const jobs: OpenJob[] = [];
    for (let job = this.#first; job !== undefined; job = job.behind) jobs.push(job);
    return jobs;
  }

  #watch(deadline: number): void {
    clearTimeout(this.#timer);
    this.#next = deadline;
    this.#timer = setTimeout(() => this.#look(), Math.max(0, deadline - performance.now()));
  }

  #look(): void {
    this.#next = Number.POSITIVE_INFINITY;
    const now = performance.now() + EARLY;
    let next = Number.POSITIVE_INFINITY;
    for (const job of this.#all()) {
      // By what another one's end has led to.
      if (job.settled) continue;
      if (job.deadline <= now) this.hooks.expired(job);
      else if (job.deadline < next) next = job.deadline;
    }
    if (next < this.#next) this.#watch(next);
  }
}
