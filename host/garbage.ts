import { setFlagsFromString } from 'node:v8';

/**
 * V8 puts what code makes straight among old objects once most of it has outlived a young collection, as messages do that
 * wait in a window of 1,000. There each keeps what was made for it until the next full collection.
 */
export const KEEP_YOUNG = '--no-allocation-site-pretenuring';

/** For the whole process, so for that of the command line alone. */
export function keepMessagesYoung(): void {
  setFlagsFromString(KEEP_YOUNG);
}
