import { type Contract, contract, WASI_VERSION } from '../contract.ts';
import { Pollable } from '../wasi-io/poll.ts';

interface Datetime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

const RESOLUTION_NS = 1_000_000;

function monotonicClock(): Record<string, unknown> {
  return {
    now: () => process.hrtime.bigint(),
    resolution: () => 1n,
    subscribeInstant: (when: bigint) => new Pollable(when),
    subscribeDuration: (duration: bigint) => new Pollable(process.hrtime.bigint() + duration),
  };
}

function wallClock(): Record<string, unknown> {
  return {
    now: (): Datetime => {
      const milliseconds = Date.now();
      return {
        seconds: BigInt(Math.floor(milliseconds / 1000)),
        nanoseconds: (milliseconds % 1000) * RESOLUTION_NS,
      };
    },
    resolution: (): Datetime => ({ seconds: 0n, nanoseconds: RESOLUTION_NS }),
  };
}

/** Where the host runs is not told: the guest's local time is UTC. */
function timezone(): Record<string, unknown> {
  return {
    display: (_when: Datetime) => ({ utcOffset: 0, name: 'UTC', inDaylightSavingTime: false }),
    utcOffset: (_when: Datetime) => 0,
  };
}

/** `wasi:clocks`. Waiting on a clock blocks the worker (see {@link Pollable}). */
export const wasiClocks: readonly Contract[] = [
  contract('wasi:clocks/monotonic-clock', WASI_VERSION, monotonicClock),
  contract('wasi:clocks/wall-clock', WASI_VERSION, wallClock),
  contract('wasi:clocks/timezone', WASI_VERSION, timezone),
];
