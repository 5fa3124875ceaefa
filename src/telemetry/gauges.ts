import type { Exposition, Labels, Sample } from './exposition.ts';
import type { MetricsSource } from './source.ts';

/** All that a source says, read once so that one page agrees with itself. */
export type Snapshot = { readonly [K in keyof MetricsSource]: ReturnType<MetricsSource[K]> };

export function readSource(source: MetricsSource): Snapshot {
  return {
    bindings: source.bindings(),
    publishers: source.publishers(),
    journal: source.journal(),
    workers: source.workers(),
    ready: source.ready(),
  };
}

/** Sessions of one binding and role make one sample: a second one with equal labels would void the whole page. */
class SessionSamples {
  readonly #samples = new Map<string, [labels: Labels, value: number]>();

  /** Up only if every one of them is. */
  add(binding: string, role: string, up: boolean): void {
    const key = `${role} ${binding}`;
    const sample = this.#samples.get(key);
    if (sample === undefined) this.#samples.set(key, [{ binding, role }, Number(up)]);
    else sample[1] = Math.min(sample[1], Number(up));
  }

  all(): Sample[] {
    return [...this.#samples.values()];
  }
}

function writeSessions(page: Exposition, { bindings, publishers }: Snapshot): void {
  const sessions = new SessionSamples();
  const unsent = new Map<string, number>();
  for (const { binding, subscribed } of bindings) sessions.add(binding, 'subscriber', subscribed);
  for (const publisher of publishers) {
    sessions.add(publisher.binding, 'publisher', publisher.online);
    unsent.set(publisher.binding, (unsent.get(publisher.binding) ?? 0) + publisher.unsent);
  }
  page.gauge('host_session_up', '1 while the session is up, with its filters subscribed.', sessions.all());
  page.gauge(
    'host_unsent_publishes',
    'Journaled publishes that the broker has not taken over yet.',
    [...unsent].map(([binding, value]) => [{ binding }, value]),
  );
}

function writeWindows(page: Exposition, { bindings }: Snapshot): void {
  const gauge = (name: string, help: string, value: (binding: Snapshot['bindings'][number]) => number) =>
    page.gauge(
      name,
      help,
      bindings.map((binding) => [{ binding: binding.binding }, value(binding)]),
    );
  gauge('host_in_flight_messages', 'Messages in the window.', ({ inFlight }) => inFlight);
  gauge('host_in_flight_bytes', 'Bytes of the messages in the window.', ({ inFlightBytes }) => inFlightBytes);
  gauge('host_spilled_messages', 'Messages in the journal that wait to be handled.', ({ spilled }) => spilled);
}

function writeJournal(page: Exposition, { journal }: Snapshot): void {
  if (journal === undefined) return;
  page.gauge('host_dead_letters', 'Dead letters in the journal.', [[{}, journal.deadLetters]]);
  page.gauge('host_journal_bytes', 'Size of what state_max bounds.', [[{}, journal.bytes]]);
  page.gauge('host_journal_max_bytes', 'The bound itself, state_max: there intake stops.', [[{}, journal.max]]);
}

/** Writes what is true at this moment. */
export function writeGauges(page: Exposition, now: Snapshot): void {
  writeSessions(page, now);
  writeWindows(page, now);
  writeJournal(page, now);
  page.gauge('host_workers', 'Worker threads that run guests.', [[{}, now.workers]]);
  page.gauge('host_ready', '1 while /readyz says so.', [[{}, Number(now.ready.ready)]]);
}
