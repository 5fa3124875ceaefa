import { mendClasses } from './classes.ts';
import { mendExports } from './exports.ts';
import { mendImports } from './imports.ts';
import { mendMemory } from './memory.ts';
import { mendStreams } from './streams.ts';
import { stripDebugLog } from './strip.ts';
import { mendSyncImports } from './sync-imports.ts';
import { mendWaiting } from './waiting.ts';

/**
 * Generated code as the host runs it. `usesAsync`: the component has something of component-model async in its types, so
 * that how its calls are kept track of stays as generated.
 */
export function mend(code: string, usesAsync: boolean): string {
  const mended = mendMemory(mendImports(mendStreams(stripDebugLog(code))));
  return usesAsync ? mended : mendClasses(mendSyncImports(mendExports(mendWaiting(mended))));
}
