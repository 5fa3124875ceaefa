/** `console`, which the QuickJS runtime lacks, onto `wasi:logging`. "host build" puts it before the guest. */
import { type Level, log } from 'wasi:logging/logging@0.1.0-draft';

type Write = (...values: readonly unknown[]) => void;

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value.name}: ${value.message}\n${value.stack ?? ''}`.trimEnd();
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

function writer(level: Level): Write {
  return (...values) => log(level, '', values.map(shown).join(' '));
}

globalThis.console ??= {
  debug: writer('debug'),
  error: writer('error'),
  info: writer('info'),
  log: writer('info'),
  trace: writer('trace'),
  warn: writer('warn'),
};
