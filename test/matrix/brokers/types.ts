import type { RunningBroker } from '../../support/brokers.ts';

/** A broker of the matrix: how it is got, and how it is started. */
export interface MatrixBroker {
  /** What `npm run matrix -- KEY` calls it. */
  readonly key: string;
  /** Name and version, for the table. */
  readonly label: string;
  /** Where it comes from, for a reader. */
  readonly from: string;
  /** MQTT versions it speaks. */
  readonly protocols: readonly (4 | 5)[];
  /** What its author says about QoS 2 over reconnects: false leaves out tests that ask for it. */
  readonly keepsQos2: boolean;
  /** Gets it into the cache; rejects where it is not to be had, saying why. */
  prepare(): Promise<void>;
  /** Starts it, with files of its own, until the end of the test or of the file. */
  start(): Promise<RunningBroker>;
}
