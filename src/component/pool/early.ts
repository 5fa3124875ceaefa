import { HEAP, Thread, type ThreadOptions } from './thread.ts';

interface Early extends ThreadOptions {
  readonly thread: Thread;
}

let early: Early | undefined;

/**
 * Starts a thread before there is anything to run in it. While this thread loads the rest of the host, that one loads
 * its own part, on another core.
 */
export function startEarly(workerUrl: URL): void {
  early ??= { workerUrl, heap: HEAP, thread: new Thread({ workerUrl, heap: HEAP }) };
}

/** The thread that was started early, for whoever comes first and would start the like. One that has died says why. */
export function takeEarly({ workerUrl, heap }: ThreadOptions): Thread | undefined {
  if (early?.workerUrl.href !== workerUrl.href || early.heap !== heap) return undefined;
  const { thread } = early;
  early = undefined;
  return thread;
}
