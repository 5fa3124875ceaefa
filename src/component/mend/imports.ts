import { parses } from './strip.ts';

/**
 * What generated code does where a waiting import without a `result` throws: it hands on a promise that nobody settles,
 * and the guest would hang until its deadline. The code of exports looks alike, and calls no import of the host.
 */
const HANGING =
  /(_trackHostOperation\((?:(?!_trackHostOperation|catch \()[\s\S])*?\} catch \(err\) \{\s*(?:void 0;?\s*)*getOrCreateAsyncState\(\d+\)\.markTrapped\(err\);\s*task\.setErrored\(err\);\s*task\.reject\(err\);\s*task\.exit\(\);\s*)return task\.completionPromise\(\);/g;

/** How many places of code without its debug log {@link mendImports} changes; for a test. */
export function hangingImports(code: string): number {
  return [...code.matchAll(HANGING)].length;
}

/** Has a waiting import that throws end the call. Code that would not parse afterwards is returned as it was. */
export function mendImports(code: string): string {
  const mended = code.replaceAll(HANGING, '$1throw err;');
  return mended === code || parses(mended) ? mended : code;
}
