/**
 * A process that holds a journal: `journal-process.ts <dir> <durability> [write]`. Prints `open`, and then, with
 * `write`, one line `done <id>` for each dead letter whose `add` resolved, without end, five to a turn. Where the
 * journal cannot be opened it prints the error's code and ends.
 */
import { writeSync } from 'node:fs';
import { HostError } from '../../src/errors.ts';
import { openJournal } from '../../src/journal/index.ts';

const [dir = '', durability, task] = process.argv.slice(2);

async function add(journal: Awaited<ReturnType<typeof openJournal>>, id: number): Promise<void> {
  const event = { id: String(id), source: '/', type: 't', data: new Uint8Array(100).fill(id) };
  const times = { attempts: 1, firstAt: 0, deadAt: 0 };
  await journal.deadLetters.add({
    binding: 'b0',
    topic: 't',
    qos: 2,
    event,
    properties: { userProperties: [] },
    error: 'x',
    ...times,
  });
  writeSync(1, `done ${id}\n`);
}

try {
  const journal = await openJournal({ dir, durability: durability === 'power' ? 'power' : 'process' });
  writeSync(1, 'open\n');
  // Keeps the process, and with it the lock.
  setInterval(() => journal.sessions.all(), 1_000);
  for (let id = 0; task === 'write'; id += 5) {
    await Promise.all([0, 1, 2, 3, 4].map((offset) => add(journal, id + offset)));
  }
} catch (error) {
  writeSync(1, `${error instanceof HostError ? error.code : String(error)}\n`);
  process.exitCode = 1;
}
