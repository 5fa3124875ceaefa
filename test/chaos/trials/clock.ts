/**
 * Loaded into a host before its own code: on SIGUSR2 the wall clock jumps to where the file named by CHAOS_CLOCK says,
 * in milliseconds from the real one. What is monotonic goes on.
 */
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.CHAOS_CLOCK;

if (isMainThread && file !== undefined) {
  let offset = 0;
  const RealDate = Date;
  const real = Date.now.bind(Date);
  class JumpingDate extends RealDate {
    constructor(...given: readonly unknown[]) {
      if (given.length === 0) super(real() + offset);
      else super(...(given as [number]));
    }
    static override now(): number {
      return real() + offset;
    }
  }
  globalThis.Date = JumpingDate as DateConstructor;
  process.on('SIGUSR2', () => {
    offset = Number(readFileSync(file, 'utf8'));
  });
}
