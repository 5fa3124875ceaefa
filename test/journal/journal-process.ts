/**
 * A process that holds a journal: `journal-process.ts <dir> <durability> [write]`. Prints `open`, and then, with
 * `write`, one line `done <id>` for each settlement that resolved, without end, five to a turn: a marker under packet id
 * `id`, a publish, an event remembered as handled and a dead letter. Where the journal cannot be opened it prints the
 * error's code and ends.
 */
import { writeSync } from 'node:fs';
import { HostError } from '../../src/errors.ts';
import { openJournal } from '../../src/journal/index.ts';
import type { Inbox, Outbox } from '../../src/journal.ts';
import { letter, outgoing, session } from './values.ts';

const [dir = '', durability, task] = process.argv.slice(2);

async function settle(inbox: Inbox, outbox: Outbox, id: number): Promise<void> {
  const event = { id: String(id), source: '/', type: 't', data: new Uint8Array(100).fill(id) };
  await inbox.settle({
    id: { packetId: id, digest: `digest ${id}` },
    marker: true,
    publishes: [{ outbox, broker: 'b', event: outgoing({ event }) }],
    handled: { source: '/', id: String(id), until: Number.MAX_SAFE_INTEGER },
    deadLetter: letter({ binding: 'b0', event }),
  });
  writeSync(1, `done ${id}\n`);
}

try {
  const journal = await openJournal({ dir, durability: durability === 'power' ? 'power' : 'process' });
  const [inbox, outbox] = [journal.inbox('b0', session()), await journal.outbox('app-pub', 'b0')];
  await journal.sessions.save(session());
  writeSync(1, 'open\n');
  // Keeps the process, and with it the lock.
  setInterval(() => journal.sessions.all(), 1_000);
  for (let id = 1; task === 'write'; id += 5) {
    await Promise.all([0, 1, 2, 3, 4].map((offset) => settle(inbox, outbox, id + offset)));
  }
} catch (error) {
  writeSync(1, `${error instanceof HostError ? error.code : String(error)}\n`);
  process.exitCode = 1;
}
