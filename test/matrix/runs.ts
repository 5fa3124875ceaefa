import type { MatrixBroker } from './brokers/index.ts';

/** One call of vitest. */
export interface Run {
  readonly name: string;
  readonly args: readonly string[];
  /** Failures at which it is ended: each may wait a minute for what never comes, and so many have shown enough. */
  readonly bail?: number;
}

const BAIL = 6;
/** A trial that has to be given up takes minutes. */
const BAIL_TRIALS = 3;

/**
 * What is run against a broker. The failpoints are about the host, and so run with one version of MQTT, the newest that
 * the broker speaks, and without `transactional` at qos 1; in the trials they take turns, all else runs with each.
 */
export function runsFor({ protocols }: MatrixBroker): readonly Run[] {
  const [version, inTitle] = protocols.includes(5) ? ['MQTT 5', 'protocol 5'] : ['MQTT 3\\.1\\.1', '3\\.1\\.1'];
  const failpoints = ['--project', 'chaos', 'test/chaos/failpoints'];
  return [
    { name: 'wire', args: ['--project', 'wire'] },
    {
      name: 'contract',
      args: ['--project', 'contract', ...(protocols.includes(5) ? [] : ['-t', '3\\.1\\.1|\\(4\\)'])],
    },
    { name: 'qos1', args: [...failpoints, '-t', `${version} .*, qos 1$`], bail: BAIL },
    { name: 'qos2', args: [...failpoints, '-t', `${version} .*, qos 2`], bail: BAIL },
    { name: 'pull', args: ['--project', 'chaos', 'test/chaos/pull-failpoints', '-t', inTitle], bail: BAIL },
    { name: 'trials', args: ['--project', 'chaos', 'test/matrix/suites/trials'], bail: BAIL_TRIALS },
  ];
}
