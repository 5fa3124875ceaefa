import { type BackoffOptions, backoffDelay } from '../backoff.ts';
import type { GuestOutcome } from '../guest.ts';
import type { PubsubError, QoS } from '../types.ts';

/** What happens to a message after one call of the guest. */
export type Decision =
  | { readonly do: 'acknowledge' }
  /** At QoS 0 a failure is logged and counted, never repeated (DELIVERY, "The table"). */
  | { readonly do: 'give-up'; readonly error: string }
  | { readonly do: 'dead-letter'; readonly error: string }
  | { readonly do: 'retry'; readonly error: string; readonly delay: number }
  /** Not an attempt: run again at once. */
  | { readonly do: 'repeat' }
  /** Not an attempt: run again when the brokers that the guest publishes to are back. */
  | { readonly do: 'wait-for-brokers'; readonly error: string }
  /** Cut by the end of the drain: neither acknowledged nor counted. */
  | { readonly do: 'leave' };

export interface AttemptFacts {
  readonly outcome: GuestOutcome;
  /** As the message arrived. */
  readonly qos: QoS;
  /** This one included. */
  readonly attempt: number;
  readonly retry: BackoffOptions & { readonly attempts: number };
  /** A publish of this call failed because its broker was away. */
  readonly brokerAway: boolean;
}

/** An error of a guest, as one line for logs and dead letters. */
export function errorText(error: PubsubError): string {
  return error.tag === 'timeout' ? 'timeout' : `${error.tag}: ${error.val}`;
}

function failureText(outcome: GuestOutcome): string {
  switch (outcome.kind) {
    case 'err':
      return errorText(outcome.error);
    case 'trap':
      // A command may end so; what it held is not settled by that.
      if (outcome.exitCode !== undefined) return `the guest ended with exit code ${outcome.exitCode}`;
      return `the guest trapped: ${outcome.message}`;
    case 'timeout':
      return 'the guest did not return within the binding\'s "timeout"';
    case 'ok':
    case 'collateral':
    case 'skipped':
    case 'cut':
      return outcome.kind;
  }
}

/** The rules of DELIVERY, "Redelivery, poison, spill", for one outcome. */
export function decide(facts: AttemptFacts): Decision {
  const { outcome, qos, attempt, retry } = facts;
  if (outcome.kind === 'ok') return { do: 'acknowledge' };
  if (outcome.kind === 'collateral' || outcome.kind === 'skipped') return { do: 'repeat' };
  if (outcome.kind === 'cut') return { do: 'leave' };
  const error = failureText(outcome);
  if (qos === 0) return { do: 'give-up', error };
  if (outcome.kind === 'err' && outcome.error.tag === 'rejected') return { do: 'dead-letter', error };
  if (facts.brokerAway) return { do: 'wait-for-brokers', error };
  if (attempt >= retry.attempts) return { do: 'dead-letter', error };
  return { do: 'retry', error, delay: backoffDelay(retry, attempt) };
}
