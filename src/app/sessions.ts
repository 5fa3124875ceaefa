import type { BindingConfig } from '../config/index.ts';
import { CallPull, Dispatcher, Farewell, HandlerCalls, Mailbox } from '../delivery/index.ts';
import type { GuestPool, GuestPull } from '../guest.ts';
import type { Journal, Pressure } from '../journal/index.ts';
import type { Publishers } from '../publish/index.ts';
import type { Telemetry } from '../status.ts';
import { type BindingSession, openSession, type SessionParts } from './binding-session.ts';
import type { Drivers } from './drivers.ts';
import { goneSessions, identityOf } from './identity.ts';

export interface SessionsParts {
  readonly drivers: Drivers;
  readonly telemetry: Telemetry;
  /** The app's journal, once it is open. */
  journal(): Journal | undefined;
  failed(error: Error): void;
}

/** What the sessions of one app share. */
export interface AppParts {
  readonly app: string;
  readonly journal: Journal;
  readonly publishers: Publishers;
}

type Attempting = Pick<SessionParts, 'attempts' | 'dispatcher'>;

/** The sessions of an app's bindings, what their messages run through, and what holds both back. */
export class Sessions {
  readonly #parts: SessionsParts;
  readonly #open = new Map<string, BindingSession>();
  readonly #mailboxes: Mailbox[] = [];
  /** What guests ask for is bounded by the windows alone. */
  readonly pulled = new Dispatcher({ capacity: Number.POSITIVE_INFINITY });
  readonly farewells: Farewell[] = [];
  #dispatcher: Dispatcher | undefined;
  #pressure: Pressure | undefined;

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  all(): readonly BindingSession[] {
    return [...this.#open.values()];
  }

  of(binding: string): BindingSession | undefined {
    return this.#open.get(binding);
  }

  /** What handlers are called through; undefined where there are none. */
  get dispatcher(): Dispatcher | undefined {
    return this.#dispatcher;
  }

  /** For one call of a guest. */
  openPull(): GuestPull {
    return new CallPull(this.#mailboxes);
  }

  /** Opens the session of a binding whose messages go to a handler. */
  push(binding: BindingConfig, pool: GuestPool, parts: AppParts): void {
    this.#dispatcher ??= this.#dispatch(pool);
    this.#openSession(binding, parts, { attempts: new HandlerCalls(binding, pool), dispatcher: this.#dispatcher });
  }

  /** Opens the session of a binding whose messages guests ask for. */
  pull(binding: BindingConfig, parts: AppParts): void {
    const mailbox = new Mailbox(binding, this.#parts.telemetry);
    this.#mailboxes.push(mailbox);
    this.#openSession(binding, parts, { attempts: mailbox, dispatcher: this.pulled });
  }

  /** A journal that is full stops intake: nothing is dropped, and what is under way goes on. */
  holdIntake(pressure: Pressure | undefined): void {
    this.#pressure = pressure;
    this.#holdCalls();
    for (const { delivery } of this.#open.values()) delivery.hold(pressure !== undefined);
    const state = pressure === undefined ? 'resumed' : 'stopped';
    const reason = pressure?.text ?? 'there is room in the journal again';
    this.#parts.telemetry.report({ kind: 'intake', state, reason });
  }

  /** At "state_max" a call would add to what is unsent: it waits until brokers have taken that, or there is room. */
  #holdCalls(): void {
    const unsent = () => (this.#parts.journal()?.size().unsent ?? 0) > 0;
    const isHeld = this.#pressure?.reason === 'state-max' ? unsent : undefined;
    for (const dispatcher of [this.#dispatcher, this.pulled]) dispatcher?.holdWhile(isHeld);
  }

  /** Ends the sessions of bindings that are gone; a binding that is not subscribed now keeps its own. */
  endGone(bindings: readonly BindingConfig[], { app, journal: { sessions } }: AppParts): void {
    const { drivers, telemetry } = this.#parts;
    for (const { session, connection, driver } of goneSessions(bindings, app, sessions, drivers.infos)) {
      if (driver === undefined) {
        const text = `the session "${session.clientId}" at ${session.broker}, which no binding of the configuration has any more, stays: no driver that was given knows its url`;
        telemetry.report({ kind: 'notice', level: 'warn', binding: session.binding, text });
        continue;
      }
      this.farewells.push(new Farewell({ session, connection, broker: drivers.for(driver), sessions, telemetry }));
    }
  }

  #dispatch(pool: GuestPool): Dispatcher {
    this.#dispatcher = new Dispatcher(pool);
    this.#holdCalls();
    return this.#dispatcher;
  }

  #openSession(binding: BindingConfig, { app, journal, publishers }: AppParts, attempting: Attempting): void {
    const { drivers, telemetry, failed } = this.#parts;
    const identity = identityOf(binding, app, journal.sessions);
    const broker = drivers.for(binding.driver);
    const session = openSession(binding, { ...attempting, identity, journal, publishers, broker, telemetry, failed });
    if (this.#pressure !== undefined) session.delivery.hold(true);
    this.#open.set(binding.name, session);
    session.delivery.start(session.subscriber);
  }
}
