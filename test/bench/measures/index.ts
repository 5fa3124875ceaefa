import type { Measure } from '../harness/measure.ts';
import { growthMeasures } from './growth.ts';
import { journalMeasures } from './journal.ts';
import { memoryMeasures } from './memory.ts';
import { mosquittoMeasures } from './mosquitto.ts';
import { pacedMeasures } from './paced.ts';
import { publishMeasures } from './publish.ts';
import { pullMeasures } from './pull.ts';
import { pushMeasures } from './push.ts';
import { sizeMeasures } from './sizes.ts';
import { startMeasures } from './start.ts';
import { workMeasures } from './work.ts';

/** In the order of the table. */
export const MEASURES: readonly Measure[] = [
  ...mosquittoMeasures,
  ...pushMeasures,
  ...sizeMeasures,
  ...publishMeasures,
  ...pullMeasures,
  ...workMeasures,
  ...pacedMeasures,
  ...startMeasures,
  ...memoryMeasures,
  ...growthMeasures,
  ...journalMeasures,
];
