import { matches } from '../topics.ts';
import type { BindingDraft } from './binding.ts';
import { isLocal, sameBroker } from './connection.ts';
import type { Source } from './source.ts';

/** What the rules between keys of different tables look at. */
export interface AppDraft {
  readonly drafts: readonly BindingDraft[];
  /** In the file. */
  readonly nameWritten: boolean;
  /** In the file or on the command line. */
  readonly stateDirWritten: boolean;
}

type Rule = (source: Source, app: AppDraft) => void;

const nameOfSharedQueue: Rule = (source, { drafts, nameWritten }) => {
  if (nameWritten) return;
  const shared = drafts.find(
    ({ binding, reading }) => binding.kind === 'queue' && !reading.written.has('group') && !isLocal(binding.connection),
  );
  if (shared === undefined) return;
  const misplaced = drafts.filter(({ reading }) => reading.written.has('name'));
  const places = misplaced.map(({ reading }) => source.at([...reading.path, 'name'])).join(', ');
  const hint = `the name ${places} names that binding; the app's name stands above the first [[capability]]`;
  source.problem(['name'], {
    expected: `the app's name, as the group of the queue ${source.at(shared.reading.path)}, whose broker others can reach`,
    found: 'nothing',
    hints: [
      ...(misplaced.length > 0 ? [hint] : []),
      'without it unrelated apps would share one group: write name = "…" at the top of the file, or group = "…" beside queue',
    ],
  });
};

const onStopOfSharedQueue: Rule = (source, { drafts, stateDirWritten }) => {
  if (stateDirWritten) return;
  for (const { binding, reading } of drafts) {
    if (binding.kind !== 'queue' || binding.qos === 0 || isLocal(binding.connection)) continue;
    if (reading.written.has('on_stop') || reading.broken('qos')) continue;
    source.problem([...reading.path, 'on_stop'], {
      expected: 'on_stop (or state_dir at the top level) for a queue at qos 1 or 2 on a broker that others can reach',
      found: 'neither',
      hints: [
        'on_stop = "keep": this member comes back with the same state_dir; its share of the queue waits for it',
        'on_stop = "leave": it may not come back; it hands its share over',
      ],
    });
  }
};

const grantsOfPublishOnly: Rule = (source, { drafts }) => {
  if (drafts.length < 2) return;
  for (const { binding, reading } of drafts) {
    if (binding.kind !== 'publish-only' || reading.written.has('publish')) continue;
    if (source.problems.some(({ path }) => path === `${binding.path}.queue`)) continue;
    source.problem([...reading.path, 'publish'], {
      expected: 'queue, topic, or publish beside other bindings',
      found: 'none of them',
      hints: [
        'to subscribe, write queue = "…" or topic = "…"; to publish only, publish = "…": what goes through this binding',
      ],
    });
  }
};

const differentNames: Rule = (source, { drafts }) => {
  const seen = new Map<string, string>();
  for (const { binding, reading } of drafts) {
    if (!binding.named) continue;
    const path = [...reading.path, 'name'];
    const first = seen.get(binding.name);
    if (first !== undefined)
      source.problem(path, {
        expected: 'a different name for each binding',
        found: `"${binding.name}", which is also ${first}`,
        hints: [],
      });
    else seen.set(binding.name, source.at(path));
  }
};

const differentClientIds: Rule = (source, { drafts }) => {
  for (const [index, { binding, reading }] of drafts.entries()) {
    const { clientId } = binding;
    if (clientId === undefined) continue;
    const taken = drafts.find(({ binding: other }, at) => {
      if (at === index || other.clientId === undefined || !sameBroker(other.connection, binding.connection))
        return false;
      return (other.clientId === clientId && at < index) || `${other.clientId}-pub` === clientId;
    });
    if (taken === undefined) continue;
    const publishes = taken.binding.clientId !== clientId;
    source.problem([...reading.path, 'client_id'], {
      expected: 'a different client_id for each binding on one broker',
      found: `"${clientId}", which ${publishes ? 'the publisher of the binding' : 'the binding'} ${source.at(taken.reading.path)} has`,
      hints: ['two clients with one id throw each other out'],
    });
  }
};

/** Two members of one group would get one copy between them, where each binding is to get its own. */
const copiesOfQueues: Rule = (source, { drafts }) => {
  const queues = drafts.filter(({ binding }) => binding.kind === 'queue');
  for (const [index, { binding, reading }] of queues.entries()) {
    const shared = ({ binding: { connection, group, filters } }: BindingDraft) =>
      group === binding.group && sameBroker(connection, binding.connection)
        ? filters.find((filter) => binding.filters.includes(filter))
        : undefined;
    const other = queues.slice(0, index).find((draft) => shared(draft) !== undefined);
    if (other === undefined) continue;
    source.problem([...reading.path, 'group'], {
      expected: `another group than the queue ${source.at(other.reading.path)} has, whose "${shared(other)}" is here too`,
      found: `"${binding.group}" for both`,
      hints: ['in one group either of the two gets a message; for a copy each, write group = "…" in one of them'],
    });
  }
};

const deadLettersNotReceived: Rule = (source, { drafts }) => {
  for (const { binding, reading } of drafts) {
    const { deadLetter } = binding;
    if (deadLetter === undefined) continue;
    const receiver = drafts.find(
      ({ binding: other }) =>
        sameBroker(other.connection, binding.connection) && other.filters.some((filter) => matches(filter, deadLetter)),
    );
    if (receiver === undefined) continue;
    const filter = receiver.binding.filters.find((each) => matches(each, deadLetter));
    source.problem([...reading.path, 'dead_letter'], {
      expected: 'a topic that this app does not subscribe to',
      found: `"${deadLetter}", which "${filter}" of the binding ${source.at(receiver.reading.path)} matches`,
      hints: ['dead letters would come back as messages and die again'],
    });
  }
};

const RULES: readonly Rule[] = [
  nameOfSharedQueue,
  onStopOfSharedQueue,
  grantsOfPublishOnly,
  differentNames,
  differentClientIds,
  copiesOfQueues,
  deadLettersNotReceived,
];

/** Reports every conflict between keys that are valid by themselves. */
export function checkRules(source: Source, app: AppDraft): void {
  for (const rule of RULES) rule(source, app);
}
