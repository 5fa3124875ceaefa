import { describe, expect, it } from 'vitest';
import { decide, errorText } from '../../src/delivery/decision.ts';
import type { GuestOutcome } from '../../src/guest.ts';
import type { QoS } from '../../src/types.ts';

const retry = { attempts: 3, initial: 100, max: 1000, jitter: 0 };
const facts = (outcome: GuestOutcome, more: { qos?: QoS; attempt?: number; brokerAway?: boolean } = {}) => ({
  outcome,
  retry,
  qos: more.qos ?? 1,
  attempt: more.attempt ?? 1,
  brokerAway: more.brokerAway ?? false,
});
const err: GuestOutcome = { kind: 'err', error: { tag: 'other', val: 'no' } };

describe('decide', () => {
  it('acknowledges only after ok', () => {
    expect(decide(facts({ kind: 'ok' }))).toEqual({ do: 'acknowledge' });
  });

  it.each([err, { kind: 'trap', message: 'unreachable' }, { kind: 'timeout' }] satisfies GuestOutcome[])(
    'retries $kind with doubling delays, then makes a dead letter',
    (outcome) => {
      expect(decide(facts(outcome, { attempt: 1 }))).toMatchObject({ do: 'retry', delay: 100 });
      expect(decide(facts(outcome, { attempt: 2 }))).toMatchObject({ do: 'retry', delay: 200 });
      expect(decide(facts(outcome, { attempt: 3 }))).toMatchObject({ do: 'dead-letter' });
    },
  );

  it('makes a dead letter of a rejected message at once', () => {
    const rejected: GuestOutcome = { kind: 'err', error: { tag: 'rejected', val: 'bad' } };
    expect(decide(facts(rejected))).toEqual({ do: 'dead-letter', error: 'rejected: bad' });
  });

  it('never repeats a failure at qos 0', () => {
    expect(decide(facts(err, { qos: 0 }))).toEqual({ do: 'give-up', error: 'other: no' });
  });

  it('counts no attempt for a call that was lost for another, at every qos', () => {
    for (const qos of [0, 1, 2] as const)
      expect(decide(facts({ kind: 'collateral' }, { qos }))).toEqual({ do: 'repeat' });
  });

  it('counts no attempt where the broker to publish to was away', () => {
    const away = facts({ kind: 'err', error: { tag: 'connection', val: 'offline' } }, { attempt: 3, brokerAway: true });
    expect(decide(away)).toMatchObject({ do: 'wait-for-brokers' });
  });

  it('leaves a call that was cut', () => {
    expect(decide(facts({ kind: 'cut' }))).toEqual({ do: 'leave' });
  });

  it('tells an exit code from a trap', () => {
    const error = (outcome: GuestOutcome) => decide(facts(outcome, { qos: 0 }));
    expect(error({ kind: 'trap', message: 'unreachable' })).toMatchObject({ error: 'the guest trapped: unreachable' });
    const exited: GuestOutcome = { kind: 'trap', message: 'undefined (see error.payload)', exitCode: 1 };
    expect(error(exited)).toMatchObject({ error: 'the guest ended with exit code 1' });
  });

  it('writes errors as one line', () => {
    expect(errorText({ tag: 'timeout' })).toBe('timeout');
    expect(errorText({ tag: 'connection', val: 'gone' })).toBe('connection: gone');
  });
});
