import { afterAll, onTestFinished } from 'vitest';

const atFileEnd: (() => unknown)[] = [];

afterAll(async () => {
  for (const end of atFileEnd.splice(0).reverse()) await end();
});

/**
 * Runs `end` when the running test is over, or at the end of the file when called from `beforeAll`; last in, first out.
 * For helpers that open something: `end` must tolerate being called after the test has closed it itself.
 */
export function atEnd(end: () => unknown): void {
  try {
    onTestFinished(async () => {
      await end();
    });
  } catch {
    atFileEnd.push(end);
  }
}
