import { printableLine } from './printable.ts';

/** Resolves when the text or the bytes have left, so that much output is not all in memory; a closed pipe is no error. */
export function print(output: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => process.stdout.write(output, () => resolve()));
}

/** A line that a person should see beside the output, on standard error; nothing in it can drive the terminal. */
export function say(text: string): void {
  process.stderr.write(`${printableLine(text)}\n`);
}
