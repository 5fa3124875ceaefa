import type { PubsubError, Result } from '../../../types.ts';
import { reasonText } from '../wire/reasons.ts';

export type Verdict = Result<void, PubsubError>;

export const OK: Verdict = { ok: true, value: undefined };

export function refused(tag: Exclude<PubsubError['tag'], 'timeout'>, val: string): Verdict {
  return { ok: false, error: { tag, val } };
}

export const TIMED_OUT: Verdict = { ok: false, error: { tag: 'timeout' } };

/** Its expiry was over before it could be sent. */
export const EXPIRED: Verdict = refused('connection', 'the publish expired before its broker could be reached');

const TAGS: Readonly<Record<number, 'permission-denied' | 'invalid-argument'>> = {
  135: 'permission-denied',
  144: 'invalid-argument',
  149: 'invalid-argument',
  153: 'invalid-argument',
};

/** Whether a PUBACK or PUBREC refuses; 0x10, "no matching subscribers", does not [MQTT 5, 3.4.2.1]. */
export function isRefusal(code: number | undefined): code is number {
  return code !== undefined && code >= 0x80;
}

/** The typed error for a PUBACK or PUBREC that refuses. */
export function refusal(broker: string, topic: string, code: number, reasonString?: string): Verdict {
  const text = `broker ${broker} refused the publish to "${topic}": ${reasonText(code, reasonString)}`;
  return refused(TAGS[code] ?? 'other', text);
}
