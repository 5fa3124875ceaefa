const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Resolves with the first SIGTERM or SIGINT; a second one ends the process at once. */
export function nextSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let seen = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (seen) process.exit(1);
      seen = true;
      resolve(signal);
    });
  }
  return promise;
}
