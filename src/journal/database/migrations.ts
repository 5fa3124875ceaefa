/**
 * The journal's schema. Tables are STRICT; times are milliseconds since the epoch. `head`, `data` and `correlation` are
 * one message as `message.ts` writes it; any table that holds messages has these three columns, so that a message moves
 * from one to the other by INSERT … SELECT.
 *
 * Version 1:
 * - `identity`: one row, made in the same transaction as the tables, so that a journal has an instance or is empty.
 * - `sessions`: one row for each MQTT session that a subscriber may have at a broker, until it is ended there. `id` is
 *   what the rows of a session refer to; saving a session again keeps it.
 * - `publishers`: the client id of each publisher session, by broker and credentials.
 * - `dead_letters`: `id` is never used again, since users name it.
 */
const VERSION_1 = `
CREATE TABLE identity (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  instance TEXT NOT NULL
) STRICT;
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL,
  broker TEXT NOT NULL,
  binding TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('queue', 'topic')),
  protocol INTEGER NOT NULL CHECK (protocol IN (4, 5)),
  qos INTEGER NOT NULL CHECK (qos IN (0, 1, 2)),
  filters TEXT NOT NULL,
  subscribed TEXT NOT NULL,
  in_doubt INTEGER NOT NULL CHECK (in_doubt IN (0, 1)),
  UNIQUE (client_id, broker)
) STRICT;
CREATE TABLE publishers (
  key TEXT PRIMARY KEY,
  broker TEXT NOT NULL,
  client_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  binding TEXT NOT NULL,
  topic TEXT NOT NULL,
  qos INTEGER NOT NULL CHECK (qos IN (0, 1, 2)),
  head TEXT NOT NULL,
  data BLOB NOT NULL,
  correlation BLOB,
  error TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  dead_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_letters_by_death ON dead_letters (dead_at);
`;

/**
 * Version 2:
 * - `markers`, `attempts`: `id` is the session's id times 65,536 plus the packet id, the fastest key that there is.
 * - `spilled`: messages taken from a window, and replayed dead letters; `id` is their order.
 * - `handled`: what `dedup` remembers.
 * - `outbox`: `state` 0 new, 1 released (PUBREC came), 2 parked, 3 abandoned: only its packet id is of use. Rows of 2 and
 *   3 carry no payload; a parked row's is in its dead letter. `id` is the order. The index covers only rows without a
 *   packet id, so that the others cost none.
 * - `publishers`: `known` once a CONNACK was seen, so that rows may have been sent.
 * - `dead_letters`: `publisher`, `retain`, `format`, `parked` and `parked_row` (in `outbox`) for kind `publish`.
 * - `requests`: what `host dlq` wants of a running host.
 */
const VERSION_2 = `
CREATE TABLE markers (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL
) STRICT;
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  first_at INTEGER NOT NULL
) STRICT;
CREATE TABLE spilled (
  id INTEGER PRIMARY KEY,
  binding TEXT NOT NULL,
  topic TEXT NOT NULL,
  qos INTEGER NOT NULL CHECK (qos IN (0, 1, 2)),
  retained INTEGER NOT NULL,
  raw INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  head TEXT NOT NULL,
  data BLOB NOT NULL,
  correlation BLOB
) STRICT;
CREATE INDEX spilled_by_binding ON spilled (binding, id);
CREATE INDEX spilled_by_topic ON spilled (binding, topic, id);
CREATE TABLE handled (
  binding TEXT NOT NULL,
  source TEXT NOT NULL,
  event_id TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (binding, source, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX handled_by_end ON handled (until);
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  publisher INTEGER NOT NULL,
  packet_id INTEGER,
  state INTEGER NOT NULL CHECK (state IN (0, 1, 2, 3)),
  topic TEXT NOT NULL,
  qos INTEGER NOT NULL CHECK (qos IN (0, 1, 2)),
  retain INTEGER NOT NULL,
  format TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  head TEXT NOT NULL,
  data BLOB NOT NULL,
  correlation BLOB
) STRICT;
CREATE INDEX outbox_waiting ON outbox (publisher, id) WHERE packet_id IS NULL;
CREATE TABLE publishers_2 (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  broker TEXT NOT NULL,
  client_id TEXT NOT NULL,
  in_doubt INTEGER NOT NULL DEFAULT 0,
  known INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO publishers_2 (key, broker, client_id) SELECT key, broker, client_id FROM publishers ORDER BY key;
DROP TABLE publishers;
ALTER TABLE publishers_2 RENAME TO publishers;
ALTER TABLE dead_letters ADD COLUMN kind TEXT NOT NULL DEFAULT 'message';
ALTER TABLE dead_letters ADD COLUMN retained INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letters ADD COLUMN raw INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letters ADD COLUMN publisher INTEGER;
ALTER TABLE dead_letters ADD COLUMN retain INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letters ADD COLUMN format TEXT NOT NULL DEFAULT 'cloudevents';
ALTER TABLE dead_letters ADD COLUMN parked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letters ADD COLUMN parked_row INTEGER;
CREATE TABLE requests (
  letter INTEGER PRIMARY KEY,
  what TEXT NOT NULL CHECK (what IN ('replay', 'purge'))
) STRICT;
`;

/** Version 3: `spilled.redelivered`. Of those that were there nobody can say, so they may have been handled before. */
const VERSION_3 = 'ALTER TABLE spilled ADD COLUMN redelivered INTEGER NOT NULL DEFAULT 1;';

/** What brings a journal of version `index` to the next one. Entries that were released are never changed. */
export const MIGRATIONS: readonly string[] = [VERSION_1, VERSION_2, VERSION_3];
