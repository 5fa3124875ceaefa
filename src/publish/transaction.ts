import { failpoint } from '#failpoint';
import type { Transaction } from '../guest.ts';
import type { OutgoingEvent, TransactionalPublish } from '../journal.ts';
import type { PubsubError, Result } from '../types.ts';

/** Of one message's handling; held in memory until it is committed. */
const MAX_PUBLISHES = 10_000;
const MAX_BYTES = 16 * 2 ** 20;

function bytesOf({ topic, event, properties }: OutgoingEvent): number {
  let bytes = topic.length + event.id.length + event.source.length + event.type.length + event.data.length;
  const { correlationData, contentType, responseTopic } = properties;
  bytes += (correlationData?.length ?? 0) + (contentType?.length ?? 0) + (responseTopic?.length ?? 0);
  for (const [name, value] of properties.userProperties) bytes += name.length + value.length;
  return bytes;
}

/** Takes a publish into a transaction, within bounds; a single one may be as large as a packet. */
export function buffered(transaction: Transaction, publish: TransactionalPublish): Result<void, PubsubError> {
  const { publishes } = transaction;
  const bytes = bytesOf(publish.event);
  const full = publishes.length >= MAX_PUBLISHES || transaction.bytes + bytes > MAX_BYTES;
  if (publishes.length > 0 && full) {
    const text = `one message's transaction holds at most ${MAX_PUBLISHES} publishes and ${MAX_BYTES / 2 ** 20} MiB: publish less, or set transactional = false`;
    return { ok: false, error: { tag: 'other', val: text } };
  }
  publishes.push(publish);
  transaction.bytes += bytes;
  failpoint('transaction.buffered');
  return { ok: true, value: undefined };
}
