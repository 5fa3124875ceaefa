import { failpoint } from '#failpoint';
import type { Outbox, OutboxRow } from '../../../journal.ts';
import type { HostStatus } from '../../../status.ts';
import type { PubsubError } from '../../../types.ts';
import { EXPIRED, OK, type Verdict } from './verdicts.ts';
import type { Job } from './waiting.ts';

export interface RowEndsOptions {
  readonly outbox: Outbox;
  /** For messages: the binding whose session this is. */
  readonly binding: string;
  report(status: HostStatus): void;
}

function textOf(error: PubsubError): string {
  return error.tag === 'timeout' ? 'timeout' : error.val;
}

/** The ways in which a row of the outbox ends, each with its commit, and with its verdict where somebody waits for it. */
export class RowEnds {
  readonly #outbox: Outbox;
  readonly #binding: string;
  readonly #report: (status: HostStatus) => void;
  readonly #callers = new Map<number, Job>();

  constructor({ outbox, binding, report }: RowEndsOptions) {
    this.#outbox = outbox;
    this.#binding = binding;
    this.#report = report;
  }

  /** The job waits for the row's end. */
  await(row: OutboxRow, job: Job): void {
    this.#callers.set(row.key, job);
  }

  /** Nobody waits for it any more. */
  forget(row: OutboxRow): void {
    this.#callers.delete(row.key);
  }

  awaited(row: OutboxRow): boolean {
    return this.#callers.has(row.key);
  }

  /** The broker has it. */
  async done(row: OutboxRow): Promise<void> {
    await this.#outbox.delete(row);
    failpoint('out.deleted');
    this.#settle(row, OK);
  }

  /** The broker will not take it: who waits for it is told, otherwise it becomes a dead letter. */
  async refuse(row: OutboxRow, error: PubsubError): Promise<void> {
    if (this.#callers.has(row.key)) {
      await this.#outbox.delete(row);
      failpoint('out.deleted');
      this.#settle(row, { ok: false, error });
      return;
    }
    const topic = this.#outbox.load(row)?.topic ?? '';
    await this.#outbox.refuse(row, textOf(error));
    this.#tell(topic, textOf(error), false);
  }

  /** Its expiry was over before it could be sent: who publishes with one wants it dropped then. */
  async expire(row: OutboxRow): Promise<void> {
    const topic = this.#outbox.load(row)?.topic ?? '';
    await this.#outbox.delete(row);
    failpoint('out.deleted');
    this.#report({ kind: 'publish-expired', binding: this.#binding, topic });
    this.#settle(row, EXPIRED);
  }

  /** It ends each connection on which it is sent. */
  async park(row: OutboxRow, error: string): Promise<void> {
    const topic = this.#outbox.load(row)?.topic ?? '';
    await this.#outbox.park(row, error);
    this.#tell(topic, error, true);
    this.#settle(row, { ok: false, error: { tag: 'other', val: error } });
  }

  #settle(row: OutboxRow, verdict: Verdict): void {
    const job = this.#callers.get(row.key);
    if (job === undefined) return;
    this.#callers.delete(row.key);
    job.settle(verdict);
  }

  #tell(topic: string, error: string, parked: boolean): void {
    this.#report({ kind: 'publish-dead-letter', binding: this.#binding, topic, error, parked });
  }
}
