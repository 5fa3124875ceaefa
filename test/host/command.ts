import { vi } from 'vitest';
import { exitCodeOf } from '../../host/exit.ts';
import { dispatch } from '../../host/main.ts';
import { HostError } from '../../src/errors.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  /** With the message of the error that ended the command. */
  readonly stderr: string;
}

function captured(stream: NodeJS.WriteStream): { text(): string; restore(): void } {
  const chunks: Buffer[] = [];
  const write = (chunk: string | Uint8Array, done?: unknown) => {
    chunks.push(Buffer.from(chunk as string));
    if (typeof done === 'function') done();
    return true;
  };
  const spy = vi.spyOn(stream, 'write').mockImplementation(write as typeof stream.write);
  return { text: () => Buffer.concat(chunks).toString(), restore: () => spy.mockRestore() };
}

/** Runs a command line in this process; `columns` is the width of the terminal that standard output is. */
export async function command(argv: readonly string[], columns?: number): Promise<Outcome> {
  const [stdout, stderr] = [captured(process.stdout), captured(process.stderr)];
  const before = { isTTY: process.stdout.isTTY, columns: process.stdout.columns };
  Object.assign(process.stdout, { isTTY: columns !== undefined, columns });
  try {
    const code = await dispatch(argv);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { code: exitCodeOf(error), stdout: stdout.text(), stderr: `${stderr.text()}host: ${error.message}\n` };
  } finally {
    Object.assign(process.stdout, before);
    stdout.restore();
    stderr.restore();
  }
}
