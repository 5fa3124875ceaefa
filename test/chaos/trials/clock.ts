/**
 * Loaded into a host before its own code: the wall clock is as far from the real one as the file named by CHAOS_CLOCK
 * says, in milliseconds. What is monotonic goes on.
 */
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const LOOKS_EVERY = 20;
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
  setInterval(() => {
    offset = Number(readFileSync(file, 'utf8'));
  }, LOOKS_EVERY).unref();
}
