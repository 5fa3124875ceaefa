import type { QoS } from '../../../src/types.ts';

/** What the synthetic broker sends to each subscriber. */
export interface SourceOptions {
  readonly port: number;
  /** Where it tells what it counted: see {@link SourceReport}. */
  readonly reportPort: number;
  readonly qos: QoS;
  /** Bytes of payload. */
  readonly size: number;
  /** How many topics, `bench/0000` and so on. */
  readonly topics: number;
  /** Messages under way to one subscriber, at qos 1 and 2: never more, and never fewer for longer than a turn. */
  readonly window: number;
  /** Whether messages carry the properties of a CloudEvent. */
  readonly cloudEvents: boolean;
  /** Messages a second; absent: as many as the subscriber takes. */
  readonly rate?: number | undefined;
  /** What is sent in all, then nothing more; absent: no end. */
  readonly total?: number | undefined;
  /** Milliseconds until a publish is answered; 0 unless told. */
  readonly answerDelay?: number | undefined;
}

export interface SourceReport {
  /** Messages acknowledged by subscribers: PUBACK at qos 1, PUBCOMP at qos 2. */
  readonly acknowledged: number;
  /** Publishes that were answered: at qos 2, with PUBCOMP. */
  readonly published: number;
  /** Milliseconds since the epoch of the first CONNECT and of the first acknowledgement. */
  readonly connectedAt: number | undefined;
  readonly acknowledgedAt: number | undefined;
  /** With `rate`: milliseconds from PUBLISH to PUBACK, a sample a message after the first second. */
  readonly latency: { readonly count: number; readonly p50: number; readonly p99: number } | undefined;
}

export const NO_REPORT: SourceReport = {
  acknowledged: 0,
  published: 0,
  connectedAt: undefined,
  acknowledgedAt: undefined,
  latency: undefined,
};
