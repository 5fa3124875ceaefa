import { describe } from 'vitest';
import { describeWithMosquitto, startDurableMosquitto } from './mosquitto.ts';

/** A broker that runs in a process of its own on 127.0.0.1, with sessions that outlive that process if it can. */
export interface RunningBroker {
  readonly port: number;
  readonly url: string;
  /** Ends it as an operator would. May be followed by {@link restart}. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  kill(): Promise<void>;
  /** The same port and files again, after a {@link stop} if it still runs. */
  restart(): Promise<void>;
}

/** `npm run matrix` names a broker here, and the suites that start theirs with {@link startBrokerUnderTest} get it. */
const NAMED = process.env.MATRIX_BROKER;

/** The broker under test: Mosquitto with the settings of the README and `mosquittoLines`, unless another is named. */
export async function startBrokerUnderTest(mosquittoLines: readonly string[] = []): Promise<RunningBroker> {
  if (NAMED === undefined) return startDurableMosquitto(mosquittoLines);
  const { brokerNamed } = await import('../matrix/brokers/index.ts');
  return brokerNamed(NAMED).start();
}

/** A `describe` for tests at the broker under test: skipped where that is Mosquitto and not installed. */
export const describeWithBroker: (name: string, tests: () => void) => void =
  NAMED === undefined ? describeWithMosquitto : describe;
