import type { GuestContext } from '../../guest.ts';
import type { LogLevel } from '../../types.ts';
import { type Contract, contract } from '../contract.ts';

type WitLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'critical';

/** A longer record is cut to this many UTF-16 code units. */
export const LONGEST_RECORD = 65_536;

const LEVELS: Readonly<Record<WitLevel, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  critical: 'error',
};

function bounded(text: string): string {
  if (text.length <= LONGEST_RECORD) return text;
  return `${text.slice(0, LONGEST_RECORD).toWellFormed()}… (${text.length - LONGEST_RECORD} more)`;
}

function logging(context: GuestContext): Record<string, unknown> {
  return {
    log: (level: WitLevel, group: string, message: string) =>
      context.output('log', LEVELS[level], bounded(group), bounded(message)),
  };
}

/** `wasi:logging`: records into the host's log; `critical` is the host's `error`. */
export const wasiLogging: readonly Contract[] = [contract('wasi:logging/logging', '0.1.0-draft', logging)];
