import type { Command } from '../component/index.ts';
import type { Dispatcher, Farewell } from '../delivery/index.ts';
import type { GuestPool } from '../guest.ts';
import type { Publishers } from '../publish/index.ts';
import type { Telemetry } from '../status.ts';
import type { BindingSession } from './binding-session.ts';
import type { OpenState } from './state.ts';

/** How long acknowledgements and publishes may take to leave after the last call, in milliseconds. */
const FLUSH_TIMEOUT = 5_000;

export interface StopParts {
  /** The config's `drain`. */
  readonly drain: number;
  /** Whether `on_stop = "leave"` is to be carried out. */
  readonly leave: boolean;
  readonly sessions: readonly BindingSession[];
  readonly farewells: readonly Farewell[];
  readonly dispatcher: Dispatcher | undefined;
  /** What guests have asked for runs through it. */
  readonly pulled: Dispatcher;
  readonly command: Command | undefined;
  readonly pool: GuestPool | undefined;
  readonly publishers: Publishers | undefined;
  readonly state: OpenState | undefined;
  readonly telemetry: Telemetry;
}

/** Hands over the share of each binding that leaves; returns those of which nothing is left at the broker. */
async function leave({ sessions, telemetry }: StopParts, deadline: number): Promise<ReadonlySet<BindingSession>> {
  const left = new Set<BindingSession>();
  const leaving = sessions.map(async (session) => {
    if (await session.delivery.leave(deadline)) {
      left.add(session);
      return;
    }
    const { name, sessionExpiry } = session.binding;
    const { spilledCount } = session.delivery;
    const spilled = spilledCount === 0 ? '' : `, its spilled messages (${spilledCount}) stay in the journal`;
    const text = `could not hand over everything within "drain": the session "${session.identity.clientId}" stays at the broker for ${sessionExpiry / 1000} s with what it holds${spilled}, and a start with the same state_dir resumes it`;
    telemetry.report({ kind: 'notice', level: 'warn', binding: name, text });
  });
  await Promise.all(leaving);
  return left;
}

/** What cannot leave stays in the journal: an operator who is about to delete the state_dir has to know. */
async function closePublishers({ publishers, telemetry }: StopParts, timeout: number): Promise<void> {
  if (publishers === undefined) return;
  await publishers.close(timeout);
  for (const { binding, broker, outbox } of publishers.all()) {
    if (outbox.size === 0) continue;
    const text = `unsent publishes for ${broker} (${outbox.size}) stay in the journal: a start with the same state_dir sends them`;
    telemetry.report({ kind: 'notice', level: 'warn', binding, text });
  }
}

/** Resolves with the command's end, or after `timeout` milliseconds. */
async function endOf(command: Command | undefined, timeout: number): Promise<void> {
  if (command === undefined) return;
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, timeout);
  await Promise.race([command.ended, late.promise]);
  clearTimeout(timer);
}

async function closeSession({ state }: StopParts, session: BindingSession, endSession: boolean): Promise<void> {
  await session.subscriber.close({ endSession, timeout: FLUSH_TIMEOUT });
  const { clientId, broker } = session.identity;
  if (endSession) await state?.journal.sessions.forget(clientId, broker).catch(() => {});
}

/**
 * The order of DELIVERY, "Stopping": intake, calls, publishes, acknowledgements, journal. Bindings that leave go on
 * taking in until they have handed over or `drain` is over.
 */
export async function stopInOrder(parts: StopParts): Promise<void> {
  const deadline = performance.now() + parts.drain;
  const leaves = ({ binding }: BindingSession) => parts.leave && binding.onStop === 'leave';
  for (const session of parts.sessions) if (!leaves(session)) session.delivery.drain();
  const left = await leave({ ...parts, sessions: parts.sessions.filter(leaves) }, deadline);
  for (const session of parts.sessions) if (leaves(session)) session.delivery.drain();
  parts.dispatcher?.stop();
  parts.pulled.stop();
  const rest = Math.max(0, deadline - performance.now());
  await Promise.all([parts.dispatcher?.whenIdle(rest), endOf(parts.command, rest)]);
  await parts.pool?.close(0);
  await parts.command?.close();
  await parts.pulled.whenIdle(FLUSH_TIMEOUT);
  // Who leaves may not come back to send the rest.
  const flush = parts.sessions.some(leaves) ? deadline - performance.now() : 0;
  await closePublishers(parts, Math.max(FLUSH_TIMEOUT, flush));
  await Promise.all(parts.sessions.map((session) => closeSession(parts, session, left.has(session))));
  await Promise.all(parts.farewells.map((farewell) => farewell.close()));
  await parts.state?.close();
}
