const SETTLED = Promise.resolve();

/** As `queueMicrotask`, which in Node makes an object that keeps track of it, at several times the cost. */
export function soon(task: () => void): void {
  void SETTLED.then(task);
}
