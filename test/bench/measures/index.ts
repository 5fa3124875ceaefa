import type { Measure } from '../harness/measure.ts';
import { pushMeasures } from './push.ts';

/** In the order of the table. */
export const MEASURES: readonly Measure[] = [...pushMeasures];
