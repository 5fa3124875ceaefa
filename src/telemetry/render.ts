import { styleText } from 'node:util';
import type { LogLevel } from '../types.ts';
import { clip, createRedactor, escapeUnsafe, withoutStack } from './clean.ts';
import type { Description } from './describe.ts';

const MAX_TEXT = 4_096;
const MAX_GUEST_TEXT = 16_384;

const COLORS: { readonly [L in LogLevel]: 'gray' | 'blue' | 'green' | 'yellow' | 'red' } = {
  trace: 'gray',
  debug: 'blue',
  info: 'green',
  warn: 'yellow',
  error: 'red',
};

export interface RenderOptions {
  readonly format: 'text' | 'json';
  /** Text only. */
  readonly color: boolean;
  readonly secrets: readonly string[];
}

/** One line without its end. `time` is milliseconds since the epoch, `more` are fields of the line beside its own. */
export type Render = (description: Description, time: number, more?: Readonly<Record<string, number>>) => string;

type Clean = (text: string, most?: number) => string;

function cleaner(secrets: readonly string[]): Clean {
  const redact = createRedactor(secrets);
  // Struck before clipped: the beginning of a secret must not survive at the end.
  return (text, most = MAX_TEXT) => clip(redact(text), most);
}

function messageOf({ kind, text }: Description, clean: Clean): string {
  return clean(text, kind === 'guest-output' ? MAX_GUEST_TEXT : MAX_TEXT);
}

function textRenderer(clean: Clean, color: boolean): Render {
  // The stream is the caller's, so what the terminal of this process can do does not matter.
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const safe: Clean = (text, most) => escapeUnsafe(clean(text, most));
  return (description, time) => {
    const { level, binding, label } = description;
    const parts = [paint('gray', new Date(time).toISOString()), paint(COLORS[level], level.toUpperCase().padEnd(5))];
    if (binding !== undefined) parts.push(paint('cyan', `[${safe(binding)}]`));
    if (label !== undefined) parts.push(paint('magenta', `${safe(label)}:`));
    parts.push(escapeUnsafe(messageOf(description, clean)));
    return parts.join(' ');
  };
}

function cleanField(value: unknown, clean: Clean): unknown {
  if (typeof value === 'string') return clean(withoutStack(value));
  return Array.isArray(value) ? value.map((one) => cleanField(one, clean)) : value;
}

function jsonRenderer(clean: Clean): Render {
  return (description, time, more) => {
    const { level, kind, binding, fields } = description;
    const line: Record<string, unknown> = {
      time: new Date(time).toISOString(),
      level,
      kind,
      binding: binding === undefined ? undefined : clean(binding),
      message: messageOf(description, clean),
    };
    for (const name in fields) line[name] = cleanField(fields[name], clean);
    // What JSON leaves as it is, such as U+009B, can only stand inside its strings here.
    return escapeUnsafe(JSON.stringify({ ...line, ...more }));
  };
}

/** Makes lines fit to be written: secrets struck out, lengths bounded, nothing in them that ends or forges a line. */
export function createRenderer(options: RenderOptions): Render {
  const clean = cleaner(options.secrets);
  return options.format === 'json' ? jsonRenderer(clean) : textRenderer(clean, options.color);
}
