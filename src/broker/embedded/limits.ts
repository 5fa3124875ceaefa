/** What bounds the memory of the embedded broker. */
export interface Limits {
  /** Sessions, those of connected clients included; past it the offline one that was used longest ago is ended. */
  readonly sessions: number;
  /** Unacknowledged QoS 1 and 2 messages of one persistent session, fewer than there are packet identifiers; past it new ones are dropped. */
  readonly queued: number;
  /** Their payloads, in bytes. */
  readonly queuedBytes: number;
  /** Topics with a retained message; past it new ones are not kept. */
  readonly retained: number;
}

export const DEFAULT_LIMITS: Limits = {
  sessions: 10_000,
  queued: 65_000,
  queuedBytes: 256 * 1024 * 1024,
  retained: 100_000,
};
