import { readFileSync } from 'node:fs';

const SAMPLE_EVERY = 250;

/** Resident memory of a process in bytes [proc(5)]; throws once it has ended. */
export function resident(pid: number): number {
  const [, kilobytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Samples a process's resident memory until {@link stop}. */
export class MemoryWatch {
  readonly #samples: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#timer = setInterval(() => this.#sample(pid), SAMPLE_EVERY);
  }

  #sample(pid: number): void {
    try {
      this.#samples.push(resident(pid));
    } catch {
      this.stop();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * By how much the mean of the last fifth of the time exceeds that of the fifth in the middle; bytes, negative where it
   * shrank. What is before is warm-up.
   */
  get growth(): number {
    const fifth = Math.floor(this.#samples.length / 5);
    if (fifth === 0) throw new Error(`${this.#samples.length} samples are too few to tell`);
    return mean(this.#samples.slice(-fifth)) - mean(this.#samples.slice(2 * fifth, 3 * fifth));
  }

  toString(): string {
    const every = Math.max(1, Math.floor(this.#samples.length / 10));
    const some = this.#samples.filter((_, index) => index % every === 0);
    return `${some.map((bytes) => Math.round(bytes / 2 ** 20)).join(' ')} MiB`;
  }
}
