import { messageOf } from '../../errors.ts';
import type { PubsubError } from '../../types.ts';
import type { WorkerOutcome } from '../exchange/protocol.ts';

const WITH_TEXT = ['connection', 'permission-denied', 'invalid-argument', 'rejected', 'other'] as const;
const TEXT_BOUND = 65_536;

function cut(text: string): string {
  return text.length > TEXT_BOUND ? `${text.slice(0, TEXT_BOUND)}…` : text;
}

/** The typed error in what generated code throws for an `err` result; undefined where it is something else. */
function typedError(thrown: unknown): PubsubError | undefined {
  if (!(thrown instanceof Error) || !Object.hasOwn(thrown, 'payload')) return undefined;
  const { payload } = thrown as unknown as { payload: unknown };
  if (typeof payload !== 'object' || payload === null || !('tag' in payload)) return undefined;
  if (payload.tag === 'timeout') return { tag: 'timeout' };
  const tag = WITH_TEXT.find((known) => known === payload.tag);
  if (tag === undefined || !('val' in payload) || typeof payload.val !== 'string') return undefined;
  return { tag, val: cut(payload.val) };
}

/** What `wasi:cli/exit` was called with, in what that throws, or 1 for `run`'s `err`; undefined for anything else. */
function exitCodeIn(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ('exitCode' in thrown) return typeof thrown.exitCode === 'number' ? thrown.exitCode : undefined;
  // Generated code has nothing to hand on for a `result` without types.
  return 'payload' in thrown && thrown.payload === undefined ? 1 : undefined;
}

/** The same of a command, which ends successfully by `wasi:cli/exit` too: many languages end each program so. */
export function commandOutcomeOf(thrown: unknown): WorkerOutcome {
  const outcome = outcomeOf(thrown);
  return outcome.kind === 'trap' && outcome.exitCode === 0 ? { kind: 'ok' } : outcome;
}

/** What a thrown value says of a call: a typed error, or a trap, after which the instance is not used again. */
export function outcomeOf(thrown: unknown): WorkerOutcome {
  const error = typedError(thrown);
  if (error !== undefined) return { kind: 'err', error };
  const exitCode = exitCodeIn(thrown);
  if (exitCode !== undefined) return { kind: 'trap', message: cut(messageOf(thrown)), exitCode };
  if (thrown instanceof RangeError) return { kind: 'trap', message: `stack overflow (${thrown.message})` };
  return { kind: 'trap', message: cut(messageOf(thrown)) };
}
