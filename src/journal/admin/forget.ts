import type { DatabaseSync } from 'node:sqlite';
import { STATE } from '../tables/outbox-rows.ts';
import { type Holding, holdingQuery } from './holdings.ts';

/**
 * Deletes what is held for bindings and for publisher sessions, by client id or key; inside a transaction. Sessions and client ids stay
 * remembered: the next start has to end the sessions of what is gone. A packet id under which a broker may hold the
 * first half of a publish stays taken until the session is seen to be lost (DELIVERY, rule 8).
 */
export function forget(database: DatabaseSync, names: readonly string[]): Holding[] {
  const isNamed = (holding: Holding) =>
    names.includes(holding.name) || (holding.kind === 'publisher' && names.includes(holding.key));
  const held = holdingQuery(database)().filter(isNamed);
  for (const holding of held) {
    if (holding.kind === 'binding') forgetBinding(database, holding.name);
    else forgetPublisher(database, holding.key);
  }
  return held;
}

const EMPTY = `UPDATE outbox SET state = ${STATE.abandoned}, head = '', data = x'', correlation = NULL`;

function forgetBinding(database: DatabaseSync, name: string): void {
  const own = 'SELECT id FROM sessions WHERE binding = ?';
  const run = (sql: string) => database.prepare(sql).run(name);
  run(`DELETE FROM markers WHERE id / 65536 IN (${own})`);
  run(`DELETE FROM attempts WHERE id / 65536 IN (${own})`);
  run('DELETE FROM spilled WHERE binding = ?');
  run('DELETE FROM handled WHERE binding = ?');
  run(`${EMPTY} WHERE id IN (SELECT parked_row FROM dead_letters WHERE binding = ?)`);
  run('DELETE FROM requests WHERE letter IN (SELECT id FROM dead_letters WHERE binding = ?)');
  run('DELETE FROM dead_letters WHERE binding = ?');
}

/** Its dead letters are its bindings'; what was parked can only go out anew, under another packet id. */
function forgetPublisher(database: DatabaseSync, key: string): void {
  const own = '(SELECT id FROM publishers WHERE key = ?)';
  const run = (sql: string) => database.prepare(sql).run(key);
  run(`UPDATE dead_letters SET parked_row = NULL WHERE publisher = ${own}`);
  run(`DELETE FROM outbox WHERE publisher = ${own} AND (packet_id IS NULL OR qos < 2)`);
  run(`${EMPTY} WHERE publisher = ${own}`);
}
