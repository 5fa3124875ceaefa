import type { BindingCounters, Counters } from './counters.ts';
import type { Exposition, Sample } from './exposition.ts';

interface Family {
  readonly name: string;
  readonly help: string;
  /** Its samples for one binding; the binding's label is put before theirs. */
  of(counters: BindingCounters): readonly Sample[];
}

const ROLES = ['subscriber', 'publisher'] as const;
const QOS = [0, 1, 2] as const;
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

const entries = (label: string, values: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(values).map(([name, value]) => [{ [label]: name }, value]);

const one = (value: number): readonly Sample[] => [[{}, value]];

/** Names do not change between releases. */
const BINDING_FAMILIES: readonly Family[] = [
  {
    name: 'host_messages_received_total',
    help: 'Messages taken in, by the QoS that they arrived with; repeats and dropped ones are not among them.',
    of: (c) => QOS.map((qos) => [{ qos }, c.received[qos]]),
  },
  {
    name: 'host_messages_handled_total',
    help: 'Messages that the guest handled with success.',
    of: (c) => one(c.handled),
  },
  {
    name: 'host_attempts_failed_total',
    help: 'Attempts that failed and are followed by another.',
    of: (c) => one(c.failedAttempts),
  },
  {
    name: 'host_messages_lost_total',
    help: 'Messages at QoS 0 that failed; they are not tried again.',
    of: (c) => one(c.lost),
  },
  {
    name: 'host_dead_letters_total',
    help: 'Messages that became dead letters.',
    of: (c) => one(c.deadLetters),
  },
  {
    name: 'host_messages_dropped_total',
    help: 'Messages that were dropped unhandled: by a full window (QoS 0), for want of a filter, or as duplicates.',
    of: (c) => entries('reason', c.dropped),
  },
  {
    name: 'host_repeats_total',
    help: 'Messages that the broker sent again and that were recognised, by what was found of them.',
    of: (c) => entries('found', c.repeats),
  },
  {
    name: 'host_spilled_total',
    help: 'Messages that were moved from the window to the journal, to make room for other topics.',
    of: (c) => one(c.spilled),
  },
  {
    name: 'host_publish_dead_letters_total',
    help: 'Journaled publishes that became dead letters; parked ones may have been delivered.',
    of: (c) => [
      [{ parked: false }, c.publishDeadLetters],
      [{ parked: true }, c.parkedPublishes],
    ],
  },
  {
    name: 'host_publishes_expired_total',
    help: 'Journaled publishes that were dropped, because their expiry was over before they could be sent.',
    of: (c) => one(c.expiredPublishes),
  },
  {
    name: 'host_publishes_may_repeat_total',
    help: 'Publishes that may have been repeated, because the publisher session was lost.',
    of: (c) => one(c.mayRepeat),
  },
  {
    name: 'host_publishes_may_be_lost_total',
    help: 'Publishes that may be lost, because the publisher session may have been lost unseen.',
    of: (c) => one(c.mayBeLost),
  },
  {
    name: 'host_connects_total',
    help: 'Connections that the broker accepted, and whether it had kept the session.',
    of: (c) =>
      ROLES.flatMap((role): Sample[] => [
        [{ role, resumed: false }, c.newSessions[role]],
        [{ role, resumed: true }, c.resumed[role]],
      ]),
  },
  {
    name: 'host_disconnects_total',
    help: 'Connections that were lost.',
    of: (c) => ROLES.map((role) => [{ role }, c.disconnects[role]]),
  },
];

function writeBindings(page: Exposition, bindings: ReadonlyMap<string, BindingCounters>): void {
  for (const { name, help, of } of BINDING_FAMILIES) {
    const samples: Sample[] = [];
    for (const [binding, counters] of bindings)
      for (const [labels, value] of of(counters)) samples.push([{ binding, ...labels }, value]);
    page.counter(name, help, samples);
  }
  page.histogram(
    'host_handler_seconds',
    'Time from handing a message to the guest until it succeeded, of the attempt that did.',
    [...bindings].map(([binding, { handlerSeconds }]) => [{ binding }, handlerSeconds]),
  );
}

export function writeCounters(page: Exposition, counters: Counters): void {
  writeBindings(page, counters.bindings);
  page.counter(
    'host_published_total',
    'Publishes that are done, by the QoS of their route.',
    QOS.map((qos) => [{ qos }, counters.published[qos]]),
  );
  page.counter(
    'host_publishes_failed_total',
    'Publishes whose failure the guest was told.',
    one(counters.publishesFailed),
  );
  page.counter('host_workers_ended_total', 'Guest workers that ended or were ended.', one(counters.workersEnded));
  page.counter(
    'host_guest_log_lines_total',
    'Lines that guests logged or printed, written to the log or not.',
    LEVELS.map((level) => [{ level }, counters.guestLines[level]]),
  );
  page.gauge('host_intake_stopped', '1 while intake of every binding is stopped.', one(Number(counters.intakeStopped)));
}
