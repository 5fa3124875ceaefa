import type { DatabaseSync } from 'node:sqlite';
import { STATE } from '../tables/outbox-rows.ts';
import { type Size, SQL_BYTES } from '../tables/usage.ts';

/** What the journal holds for one binding or publisher session. */
export type Holding =
  | {
      readonly kind: 'binding';
      readonly name: string;
      readonly spilled: number;
      readonly markers: number;
      readonly attempts: number;
      readonly handled: number;
      readonly deadLetters: number;
    }
  | {
      readonly kind: 'publisher';
      /** Its client id. */
      readonly name: string;
      readonly broker: string;
      readonly key: string;
      readonly unsent: number;
      readonly parked: number;
    };

const BINDINGS = `
WITH held (name, spilled, markers, attempts, handled, letters) AS (
  SELECT binding, 1, 0, 0, 0, 0 FROM spilled
  UNION ALL SELECT session.binding, 0, 1, 0, 0, 0 FROM markers JOIN sessions AS session ON session.id = markers.id / 65536
  UNION ALL SELECT session.binding, 0, 0, 1, 0, 0 FROM attempts JOIN sessions AS session ON session.id = attempts.id / 65536
  UNION ALL SELECT binding, 0, 0, 0, 1, 0 FROM handled
  UNION ALL SELECT binding, 0, 0, 0, 0, 1 FROM dead_letters
)
SELECT name, sum(spilled) AS spilled, sum(markers) AS markers, sum(attempts) AS attempts, sum(handled) AS handled,
  sum(letters) AS letters
FROM held GROUP BY name ORDER BY name`;

const PUBLISHERS = `
SELECT publisher.client_id AS name, publisher.broker, publisher.key,
  count(CASE WHEN outbox.state IN (${STATE.new}, ${STATE.released}) THEN 1 END) AS unsent,
  count(CASE WHEN outbox.state = ${STATE.parked} THEN 1 END) AS parked
FROM outbox JOIN publishers AS publisher ON publisher.id = outbox.publisher
WHERE outbox.state <> ${STATE.abandoned} GROUP BY publisher.id ORDER BY publisher.id`;

/** A prepared query of everything that is held, for bindings and publisher sessions that hold anything. */
export function holdingQuery(database: DatabaseSync): () => Holding[] {
  const [bindings, publishers] = [database.prepare(BINDINGS), database.prepare(PUBLISHERS)];
  return () => [
    ...bindings.all().map((row) => ({
      kind: 'binding' as const,
      name: String(row.name),
      spilled: Number(row.spilled),
      markers: Number(row.markers),
      attempts: Number(row.attempts),
      handled: Number(row.handled),
      deadLetters: Number(row.letters),
    })),
    ...publishers.all().map((row) => ({
      kind: 'publisher' as const,
      name: String(row.name),
      broker: String(row.broker),
      key: String(row.key),
      unsent: Number(row.unsent),
      parked: Number(row.parked),
    })),
  ];
}

/** A prepared query of what `state_max` bounds: spilled messages, unsent publishes and dead letters. */
export function sizeQuery(database: DatabaseSync): () => Size {
  const part = (table: string, where: string) =>
    database.prepare(`SELECT count(*) AS rows, coalesce(sum(${SQL_BYTES}), 0) AS bytes FROM ${table} ${where}`);
  const parts = [
    part('outbox', `WHERE state IN (${STATE.new}, ${STATE.released})`),
    part('spilled', ''),
    part('dead_letters', ''),
  ];
  return () => {
    const found = parts.map((query) => query.get());
    const [unsent = 0, spilled = 0, deadLetters = 0] = found.map((row) => Number(row?.rows));
    return { bytes: found.reduce((sum, row) => sum + Number(row?.bytes), 0), unsent, spilled, deadLetters };
  };
}
