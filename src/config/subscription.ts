import { filterFault, overlaps } from '../topics.ts';
import type { BindingReading } from './connection.ts';
import type { BindingConfig } from './model.ts';
import { plainText } from './secrets.ts';
import type { Source } from './source.ts';

/** Keys that say something about messages that arrive: a binding that only publishes has none of them. */
const SUBSCRIBER_KEYS = [
  'group',
  'delivery',
  'on_message',
  'on_stop',
  'max_in_flight',
  'max_bytes_in_flight',
  'order',
  'timeout',
  'retry',
  'dead_letter',
  'transactional',
  'receive_timeout',
  'dedup',
] as const;

/** The filters of a key as they are written, each with its position; also beside others that are not valid. */
function writtenFilters(written: unknown): (readonly [index: number, filter: string])[] {
  const elements: readonly unknown[] = Array.isArray(written) ? written : [];
  return elements.flatMap((element, index) => {
    const filter = plainText(element);
    return filter === undefined || filterFault(filter) !== undefined ? [] : [[index, filter] as const];
  });
}

function checkOverlaps(source: Source, reading: BindingReading, key: 'queue' | 'topic'): void {
  const written = writtenFilters(reading.table[key]);
  for (const [position, [index, filter]] of written.entries()) {
    const other = written.slice(0, position).find(([, earlier]) => overlaps(earlier, filter));
    if (other === undefined) continue;
    source.problem([...reading.path, key, index], {
      expected: 'filters that do not overlap within one binding',
      found: `"${filter}" beside "${other[1]}"`,
      hints: ['a broker sends a message that matches both of them twice: keep the wider one, or use two bindings'],
    });
  }
}

function neither(source: Source, reading: BindingReading): void {
  const subscriber = SUBSCRIBER_KEYS.filter((key) => reading.written.has(key));
  if (subscriber.length === 0) return;
  source.problem([...reading.path, 'queue'], {
    expected: `queue or topic in a binding with ${subscriber.join(', ')}`,
    found: 'neither',
    hints: ['queue = "…": one receiver of the group gets a message; topic = "…": every receiver gets it'],
  });
}

/** Whether and to what the binding subscribes. */
export function readSubscription(source: Source, reading: BindingReading): Pick<BindingConfig, 'kind' | 'filters'> {
  const { path, values, written } = reading;
  const [queue, topic] = [written.has('queue'), written.has('topic')];
  if (queue && topic)
    source.problem([...path, 'topic'], {
      expected: 'either queue or topic',
      found: `both (queue ${source.at([...path, 'queue'])})`,
      hints: [
        'queue: one receiver of the group gets a message; topic: every receiver gets it; for both, use two bindings',
      ],
    });
  if (topic && !queue && written.has('group'))
    source.problem([...path, 'group'], {
      expected: 'group beside queue only',
      found: 'it beside topic',
      hints: ['with topic every receiver gets every message: delete group, or write queue instead of topic'],
    });
  checkOverlaps(source, reading, 'queue');
  checkOverlaps(source, reading, 'topic');
  if (queue) return { kind: 'queue', filters: values.queue ?? [] };
  if (topic) return { kind: 'topic', filters: values.topic ?? [] };
  neither(source, reading);
  return { kind: 'publish-only', filters: [] };
}
