import type { Packet } from 'mqtt-packet';
import type { Outbox, OutboxRow } from '../../../journal.ts';
import type { HostStatus } from '../../../status.ts';
import type { LinkEnd } from '../connection/link.ts';
import { Answers, isAnswer } from './answers.ts';
import { Confirmed } from './confirmed.ts';
import { type Exchange, Flight, type FlightOptions } from './flight.ts';
import { Quota } from './quota.ts';
import { RowEnds } from './row-ends.ts';
import { RowSender } from './row-sender.ts';
import { Suspects } from './suspects.ts';
import { refused } from './verdicts.ts';
import type { Job } from './waiting.ts';

export interface SenderHooks {
  report(status: HostStatus): void;
  /** A row is at its end. */
  ended(): void;
  /** A publish that ended the connections, or may be about to, was put aside. */
  putAside(): void;
  /** The journal failed. */
  failed(error: unknown): void;
}

/**
 * How long a publish that goes alone may stay unanswered, in milliseconds: the broker reads on without closing, so it is
 * not what closes connections, and must not hold up the others.
 */
const ALONE_PATIENCE = 10_000;

/** What names a publish over all its connections: a row's key, or a confirmed publish. */
type Subject = number | Job;

function subjectOf({ row, job }: Exchange): Subject {
  return row?.key ?? (job as Job);
}

/**
 * What a publisher session sends, over all its connections: the rows of the outbox and the confirmed publishes, within
 * the broker's window (DELIVERY, "Out", rules 5 to 8).
 */
export class Sender {
  readonly #hooks: SenderHooks;
  readonly #ends: RowEnds;
  readonly #rows: RowSender;
  readonly #confirmed: Confirmed;
  readonly #answers: Answers;
  readonly #suspects = new Suspects<Subject>();
  readonly #quota = new Quota(() => this.#quotaOver());
  #postponed: OutboxRow[] = [];
  #flight: Flight | undefined;
  /** A connection was accepted since the last CONNECT. */
  #reached = true;
  #rowsTurn = true;
  /** The network has to take what was written before more is. */
  #draining = false;
  #alone: NodeJS.Timeout | undefined;

  constructor(outbox: Outbox, binding: string, hooks: SenderHooks) {
    const { report, failed } = hooks;
    this.#hooks = hooks;
    this.#ends = new RowEnds({ outbox, binding, report });
    const room = () => this.#pump();
    this.#rows = new RowSender(outbox, {
      unfit: (row, error) => this.#watch(this.#ends.refuse(row, error)),
      expired: (row) => this.#watch(this.#ends.expire(row)),
      room,
      failed,
    });
    this.#confirmed = new Confirmed(outbox, this.#ends, { wrote: (row) => this.#rows.wrote(row), room, failed });
    this.#answers = new Answers(outbox, this.#ends, {
      answered: (exchange) => this.#answered(exchange),
      refused: () => this.#hooks.putAside(),
      overQuota: (exchange, row) => this.#overQuota(exchange, row),
      ended: () => this.#ended(),
      failed,
    });
  }

  get online(): boolean {
    return this.#flight !== undefined;
  }

  /** Nothing on this connection can be what the broker closed it for: no publish, and no answer that is owed. */
  get isBlameless(): boolean {
    return this.#flight === undefined || (this.#flight.size === 0 && !this.#flight.wrote);
  }

  /** Before each CONNECT. */
  connecting(): void {
    if (!this.#reached) this.#suspects.unreachable();
    this.#reached = false;
  }

  /** The session is up and the outbox knows. */
  begin(options: FlightOptions): void {
    const flight = new Flight(options);
    this.#reached = true;
    this.#flight = flight;
    this.#draining = false;
    this.#rows.begin(flight);
    this.#confirmed.begin(flight);
    this.#pump();
  }

  /** The connection ended. */
  end(end: LinkEnd): void {
    this.stop();
    const flight = this.#flight;
    if (flight === undefined) return;
    this.#flight = undefined;
    this.#suspect(flight.suspects(end));
    this.#rows.end();
    this.#confirmed.end();
  }

  /** Ends its timers. */
  stop(): void {
    this.#quota.stop();
    this.#postponed = [];
    clearTimeout(this.#alone);
    this.#alone = undefined;
  }

  /** False where too many wait. */
  add(job: Job): boolean {
    if (!this.#confirmed.add(job)) return false;
    this.#pump();
    return true;
  }

  /** Its time is over; false where it was not sent, and its verdict is still to be given. */
  expire(job: Job): boolean {
    return this.#confirmed.expire(job);
  }

  answered(packet: Packet): void {
    if (this.#flight !== undefined && isAnswer(packet)) this.#answers.read(this.#flight, packet);
  }

  /** Writes what waits, as far as the broker's window and the network take it. */
  #pump(): void {
    const flight = this.#flight;
    if (flight === undefined || !flight.link.open || this.#quota.exceeded) return;
    const { link } = flight;
    while (!link.congested) if (!this.#step(this.#isolating(flight) || this.#quota.probing)) return;
    if (this.#draining) return;
    this.#draining = true;
    link.whenDrained(() => {
      this.#draining = false;
      this.#pump();
    });
  }

  /** Sends one: what is old before what is new, and of the new rows and confirmed publishes in turn. */
  #step(alone: boolean): boolean {
    if (this.#rows.old) return this.#rows.send(alone);
    if (this.#confirmed.old) return this.#confirmed.sendAgain(alone);
    if (this.#rowsTurn ? this.#rows.send(alone) : this.#confirmed.send(alone)) {
      this.#rowsTurn = !this.#rowsTurn;
      return true;
    }
    return this.#rowsTurn ? this.#confirmed.send(alone) : this.#rows.send(alone);
  }

  #answered(exchange: Exchange): void {
    this.#quota.passed();
    this.#passed(exchange);
  }

  #passed(exchange: Exchange): void {
    if (!this.#suspects.isolating) return;
    clearTimeout(this.#alone);
    this.#alone = undefined;
    this.#suspects.passed(subjectOf(exchange));
  }

  #ended(): void {
    this.#pump();
    this.#hooks.ended();
  }

  /** Each suspect is among what is old: once that is through, none is left, also where one was given up meanwhile. */
  #isolating(flight: Flight): boolean {
    if (!this.#suspects.isolating) return false;
    if (this.#rows.old || this.#confirmed.old || !flight.room(true)) {
      this.#watchAlone();
      return true;
    }
    this.#suspects.reset();
    return false;
  }

  #watchAlone(): void {
    this.#alone ??= setTimeout(() => {
      this.#alone = undefined;
      this.#suspects.reset();
      this.#pump();
    }, ALONE_PATIENCE);
  }

  #overQuota(exchange: Exchange, row: OutboxRow): void {
    this.#passed(exchange);
    this.#postponed.push(row);
    this.#quota.exceed();
  }

  #quotaOver(): void {
    this.#rows.putBack(this.#postponed.splice(0));
    this.#pump();
  }

  #suspect(unanswered: readonly Exchange[]): void {
    const found = this.#suspects.ended(unanswered.map(subjectOf));
    const exchange = unanswered.find((one) => subjectOf(one) === found);
    if (found === undefined || exchange === undefined) return;
    const why = 'the broker ended the connection each time that it was sent: it may have been delivered';
    if (exchange.row !== undefined) this.#watch(this.#ends.park(exchange.row, why));
    else exchange.job?.settle(refused('other', why));
    this.#hooks.putAside();
  }

  #watch(ended: Promise<void>): void {
    ended.then(
      () => this.#ended(),
      (error: unknown) => this.#hooks.failed(error),
    );
  }
}
