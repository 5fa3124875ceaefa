import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

/** Rejects with the compiler's messages when the project in `folder` does not type-check. */
export async function typeCheck(folder: string): Promise<void> {
  try {
    await run(process.execPath, [TSC, '--project', folder, '--pretty', 'false']);
  } catch (thrown) {
    const { stdout = '' } = thrown as { stdout?: string };
    throw new Error(stdout.trim() || `tsc could not be run in ${folder}`, { cause: thrown });
  }
}
