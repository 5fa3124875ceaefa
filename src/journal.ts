/**
 * The ports through which folders use the journal. What a method changes is safe when its promise resolves, and nothing
 * that rests on it may be said to a broker before. Promises reject only when the journal has failed as a whole.
 * Durations are milliseconds, sizes bytes, times milliseconds since the epoch.
 */
import type { MessageProperties, MqttVersion, PubsubEvent, QoS } from './types.ts';

// ---------------------------------------------------------------- sessions

/** What the journal remembers of one subscriber session. */
export interface RememberedSession {
  readonly clientId: string;
  readonly binding: string;
  readonly kind: 'queue' | 'topic';
  /** The broker's addresses as {@link BrokerAddress.display}, joined by a space; without secrets. */
  readonly broker: string;
  readonly protocol: MqttVersion;
  readonly qos: QoS;
  /** Filters as the config has them, without `$share`. */
  readonly filters: readonly string[];
  /** Filters as the broker has them; empty until SUBACK. */
  readonly subscribed: readonly string[];
  readonly inDoubt: boolean;
}

export interface Sessions {
  /** 8 characters, made once for each state_dir. */
  readonly instance: string;
  /** True when this start made the state_dir. */
  readonly fresh: boolean;
  all(): readonly RememberedSession[];
  /** A session is known by its client id and its broker: one client id may have had sessions on two brokers. */
  get(clientId: string, broker: string): RememberedSession | undefined;
  save(session: RememberedSession): Promise<void>;
  /** The session with its markers and attempts. */
  forget(clientId: string, broker: string): Promise<void>;
}

// ---------------------------------------------------------------- dead letters

interface Death {
  readonly binding: string;
  readonly topic: string;
  readonly qos: QoS;
  readonly event: PubsubEvent;
  readonly properties: MessageProperties;
  readonly error: string;
  readonly attempts: number;
  readonly firstAt: number;
  readonly deadAt: number;
}

/** A message that the guest rejected or failed on until its attempts were used up. */
export interface DeadLetter extends Death {
  /** As the message arrived. */
  readonly retained: boolean;
  /** It was no CloudEvent: it has an id and a source that the host made up. */
  readonly raw: boolean;
}

/** A dead letter as it is listed: a message that was not handled, or a publish that its broker would not take. */
export interface ListedDeadLetter extends Death {
  /** Never used again. */
  readonly id: number;
  /** `message`: for the binding's handler. `publish`: for the broker of the publisher session `publisher`. */
  readonly kind: 'message' | 'publish';
  /** Client id of the publisher session; empty for a message. */
  readonly publisher: string;
  /** The publish may have been delivered: the broker may hold its first half. */
  readonly parked: boolean;
}

export interface DeadLetters {
  /** Oldest first. */
  list(): readonly ListedDeadLetter[];
  /** Deletes those that died before `before`; returns how many. */
  expire(before: number): Promise<number>;
}

// ---------------------------------------------------------------- what goes out

/** An event on its way out, as the journal keeps it until the broker has it: an event, not wire bytes. */
export interface OutgoingEvent {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** The route's `format`. */
  readonly format: 'cloudevents' | 'structured' | 'raw';
  /** Its id and source are filled in, so that it is the same event each time it is encoded. */
  readonly event: PubsubEvent;
  /** What `publish-with` asked for beside `retain`. */
  readonly properties: MessageProperties;
  /** When `properties.expiry` is over, if it began to count: it does at the publish, and anew at a replay. */
  readonly expiresAt?: number | undefined;
}

/** One journaled publish. A live object: the outbox changes `packetId` and `released` at each commit. */
export interface OutboxRow {
  /** Grows in commit order; names the row as long as it lives. */
  readonly key: number;
  readonly qos: QoS;
  /** 0 at QoS 0, which needs none. */
  readonly packetId: number;
  /** QoS 2: PUBREC came, so PUBREL is what is sent (again), and the broker delivers. */
  readonly released: boolean;
  /** Sent before, in an earlier life of the session, and given back by a replay: DUP is set. */
  readonly again: boolean;
}

/**
 * The publishes of one publisher session that must outlive the process (DELIVERY, "Out", rules 5 to 8): transactional
 * ones, dead letters, and any at QoS 2. It also hands out the packet ids of publishes that are not journaled.
 */
export interface Outbox {
  /** Rows that are not parked, those that still wait for a packet id included. */
  readonly size: number;
  /** Rows that may be sent: those with a packet id and those of QoS 0, less the parked ones, in commit order. */
  ready(): readonly OutboxRow[];
  /** The ready row of a packet id. */
  get(packetId: number): OutboxRow | undefined;
  /** The event of a row; undefined where the row is gone. Kept in memory or read, so to be asked for when it is sent. */
  load(row: OutboxRow): OutgoingEvent | undefined;
  /** Told after each commit that made rows ready, in order. One listener. */
  onReady(listener: (rows: readonly OutboxRow[]) => void): void;
  /**
   * A row with a packet id of its own at once, which is not told to the listener: for a publish that somebody waits
   * for. Undefined where no id is free.
   */
  add(event: OutgoingEvent): { readonly row: OutboxRow; readonly committed: Promise<void> } | undefined;
  /** A packet id for a publish that is not journaled; undefined where none is free. */
  reserve(): number | undefined;
  unreserve(packetId: number): void;
  /** Before each CONNECT: {in doubt} is committed. */
  connecting(): Promise<void>;
  /**
   * At CONNACK (DELIVERY, rule 6). Waits until nothing is uncommitted; where the session is not present every row then
   * gets a new id and is not released, in one commit.
   */
  connected(sessionPresent: boolean): Promise<{
    /** Rows that may be repeated: sent before on a session that the broker has lost. */
    readonly mayRepeat: number;
    /** Released rows of a session that was in doubt: the broker may have lost them with an earlier session. */
    readonly mayBeLost: number;
  }>;
  /** PUBREC. */
  release(row: OutboxRow): Promise<void>;
  /** PUBACK, PUBCOMP, or written at QoS 0. Frees the id, which may make another row ready. */
  delete(row: OutboxRow): Promise<void>;
  /** The broker will not take it: it becomes a dead letter. */
  refuse(row: OutboxRow, reason: string): Promise<void>;
  /** The connection ends each time it is sent: a dead letter that keeps its packet id (rule 8). */
  park(row: OutboxRow, reason: string): Promise<void>;
}

// ---------------------------------------------------------------- what comes in

/** One publish of a transaction, and where it goes. */
export interface TransactionalPublish {
  readonly outbox: Outbox;
  /** Its broker's addresses, for reports. */
  readonly broker: string;
  readonly event: OutgoingEvent;
}

/** A packet id and what came under it: equal for the same message sent again (DELIVERY, rule 2). */
export interface ArrivalId {
  readonly packetId: number;
  readonly digest: string;
}

/** What one call's result commits, all of it or nothing (DELIVERY, rule 3). */
export interface Settlement {
  /** The packet id under which the message is held: its attempts are removed. Undefined: it has none any more. */
  readonly id?: ArrivalId | undefined;
  /** QoS 2: `id` gets a marker. */
  readonly marker: boolean;
  /** The spilled row that this was. */
  readonly spilled?: number | undefined;
  readonly publishes: readonly TransactionalPublish[];
  /** Remembered as handled until then. */
  readonly handled?: { readonly source: string; readonly id: string; readonly until: number } | undefined;
  readonly deadLetter?: DeadLetter | undefined;
}

/** Attempts that failed. */
export interface Failures {
  readonly attempts: number;
  readonly firstAt: number;
}

/** A message taken from the window into the journal. */
export interface Spill extends Failures {
  /** Gets its marker (QoS 2) and loses its attempts in the same commit. */
  readonly id?: ArrivalId | undefined;
  readonly marker: boolean;
  readonly topic: string;
  readonly qos: QoS;
  readonly retained: boolean;
  /** Some of it may have been handled before: by an attempt that was not counted, or before a restart. */
  readonly redelivered: boolean;
  readonly raw: boolean;
  readonly event: PubsubEvent;
  readonly properties: MessageProperties;
}

/** A spilled message. */
export interface Spilled extends Omit<Spill, 'id' | 'marker'> {
  /** Grows in the order in which they were spilled. */
  readonly row: number;
}

/** What the journal holds for one binding: markers and attempts of its session, spilled messages, handled events. */
export interface Inbox {
  /** Resolves when nothing is uncommitted: a CONNACK is looked at only then (DELIVERY, "Connecting"). */
  quiet(): Promise<void>;
  /** Whether a committed marker says that this very message was handled. */
  isMarked(id: ArrivalId): boolean;
  /** The failed attempts of this very message, as committed. */
  failures(id: ArrivalId): Failures | undefined;
  /** Another message has come under the id: an old marker and old attempts go with the next commit. */
  taken(packetId: number): void;
  /** The broker has lost the session: its markers and attempts are deleted. Commits together with what follows at once. */
  lost(): void;
  settle(settlement: Settlement): Promise<void>;
  /** One more attempt of a message in the window failed. */
  failed(id: ArrivalId, failures: Failures): Promise<void>;
  /** One more attempt of a spilled message failed. */
  failedSpilled(row: number, failures: Failures): Promise<void>;
  /** PUBREL: the marker is deleted; false where there was none, which is nothing to commit. */
  released(packetId: number): Promise<boolean>;
  /** In one commit; resolves with the rows, in order. */
  spill(messages: readonly Spill[]): Promise<readonly number[]>;
  /** Spilled messages, as committed. */
  readonly spilledCount: number;
  /** The first topic after `after` in byte order that has spilled messages; undefined where there is none. */
  nextSpilledTopic(after: string): string | undefined;
  /** Up to `limit` spilled messages after row `after`, in order: of one topic, or of all. */
  spilled(after: number, limit: number, topic?: string): readonly Spilled[];
  /** Whether a spilled message of the topic is there. */
  hasSpilled(topic: string): boolean;
  /** Told after a replay has added spilled messages. One listener. */
  onReplayed(listener: () => void): void;
  /** Whether an event is remembered as handled. */
  wasHandled(source: string, id: string): boolean;
}
