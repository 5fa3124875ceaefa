/**
 * The real failpoint, loaded in place of `src/failpoint.ts` under `node --conditions=failpoints`. `HOST_FAILPOINT` names
 * the place at which the process kills itself, `name` or `name:3` for the third time that it is reached.
 */
import { writeSync } from 'node:fs';

/** They follow the write of a packet, which leaves with its batch in a setImmediate that was asked for before. */
const AFTER_WRITE: ReadonlySet<string> = new Set(['in.acknowledged', 'in.completed', 'out.published', 'out.pubrel']);

const [wanted, hit = '1'] = (process.env.HOST_FAILPOINT ?? '').split(':');
let left = Number(hit);

function die(name: string): void {
  writeSync(2, `killed at failpoint ${name}\n`);
  process.kill(process.pid, 'SIGKILL');
}

export function failpoint(name: string): void {
  if (name !== wanted || left === 0) return;
  left--;
  if (left > 0) return;
  if (AFTER_WRITE.has(name)) setImmediate(die, name);
  else die(name);
}
