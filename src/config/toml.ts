import { parse } from '@iarna/toml';
import { HostError, messageOf } from '../errors.ts';
import { scanLines } from './scanner.ts';

/** A TOML document's root table. */
export type TomlTable = Readonly<Record<string, unknown>>;

interface SyntaxFault {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint?: string | undefined;
}

interface ParserError {
  readonly line: number;
  readonly col: number;
  readonly message: string;
}

const BARE_VALUE = /^\s*([A-Za-z0-9_.-]+)\s*=[ \t]*/;
const BARE_WORD = /^(?!["'[{#])[^\s#,]+/;
const NUMBER = /^[+-]?(?:inf|nan|0x[0-9A-Fa-f_]+|0o[0-7_]+|0b[01_]+|(?:0|[1-9][\d_]*)(?:\.[\d_]+)?(?:[eE][+-]?\d+)?)$/;
const DATE = /^(?:\d{4}-\d|\d\d:)\S*$/;

export const TWO_DOCUMENTS =
  'this looks like two documents in one file: keep one specversion, above everything else, and delete the other; the [[capability]] blocks add up';

function isParserError(thrown: unknown): thrown is ParserError {
  return thrown instanceof Error && 'fromTOML' in thrown && 'line' in thrown && 'col' in thrown;
}

/** What stands at the position; only punctuation is shown, as anything else may be part of a password. */
function foundAt(lineText: string, column: number, isLastLine: boolean): string {
  const character = lineText[column - 1];
  if (character === undefined || character === '\r') return `the end of the ${isLastLine ? 'file' : 'line'}`;
  return /[=[\]{},.:;"'“”]/.test(character) ? `"${character}"` : 'more text';
}

/** A value without quotes that is no number, boolean or date: the commonest mistake, and the parser's vaguest message. */
function unquoted(lineText: string, line: number): SyntaxFault | undefined {
  const [prefix, key] = BARE_VALUE.exec(lineText) ?? [];
  if (prefix === undefined || key === undefined) return undefined;
  const rest = lineText.slice(prefix.length).trimEnd();
  const at = { line, column: prefix.length + 1 };
  if (rest === '' || rest.startsWith('#'))
    return { ...at, message: 'expected a value after "=", found the end of the line' };
  const word = BARE_WORD.exec(rest)?.[0];
  if (word === undefined || word === 'true' || word === 'false' || NUMBER.test(word) || DATE.test(word))
    return undefined;
  if (/^(?:true|false)$/i.test(word))
    return { ...at, message: `expected true or false in small letters, found "${word}"` };
  return {
    ...at,
    message: 'expected a number, true, false, or text in double quotes, found text without quotes',
    hint: `write ${key} = "…"`,
  };
}

const VALUE = 'a value (text in double quotes, a number, true, false, a date, a list or a table)';

/** The parser's messages, what they mean in words, and how to mend it. Its own text shows the line, secrets included. */
const REWORDED: readonly (readonly [pattern: RegExp, expected: string, hint?: string])[] = [
  [/^Unterminated string/, 'the closing quote of the text'],
  [/^Unterminated multi-line/, 'the closing quotes of the text, three of them'],
  [
    /escape/,
    '\\n, \\t, \\", \\\\ or \\u0000 after the backslash',
    "text in single quotes takes backslashes as they are: '…'",
  ],
  [/^Control characters/, 'no control characters in text', 'write \\u0000 with the code of the character'],
  [
    /only whitespace/,
    'the end of the line after the value',
    'each key stands on a line of its own; several values are a list: ["a", "b"]',
  ],
  [/boolean|expecting string/, VALUE, 'text is written in double quotes'],
  [/^Unknown character/, 'a key, a [table] or a comment'],
  [/expected "="|^Key /, '"=" and a value after the key', 'write it as key = value'],
  [/Trailing commas|Empty elements/, 'no comma without a value in an inline table'],
  [/inline array|close bracket/, '"," or a closing bracket'],
  [/digit|number|date|time|zero padded|nan|inf/i, VALUE],
];

function repeatedKey(text: string, line: number): SyntaxFault | undefined {
  const repeated = scanLines(text).repeated.findLast(({ again }) => again <= line);
  if (repeated === undefined) return undefined;
  const { path, first, again } = repeated;
  const hint = path.endsWith('specversion') ? TWO_DOCUMENTS : namesItsTable(path);
  return {
    line: again,
    column: 1,
    message: `expected each key once, found ${path} again (first on line ${first})`,
    hint,
  };
}

function namesItsTable(path: string): string {
  return /\bname$/.test(path) && path !== 'name'
    ? `a key belongs to the last [table] above it, so this is ${path}; the app's own name stands above the first [[capability]]`
    : 'delete one of the two';
}

function repeatedTable(line: number): SyntaxFault {
  const hint = 'a list of tables is written [[name]] every time, a single table [name] once';
  return { line, column: 1, message: 'expected each table to be defined once, found it again', hint };
}

interface Spot {
  readonly line: number;
  readonly column: number;
  readonly lineText: string;
  readonly found: string;
}

/** Where the parser stopped: its columns count from 1 on the first line, and from 0 on all others. */
function spotOf(error: ParserError, text: string): Spot {
  const lines = text.split('\n');
  const lineText = (lines[error.line] ?? '').replace(/\r$/, '');
  const column = Math.min(error.line === 0 ? error.col : error.col + 1, lineText.length + 1);
  return {
    line: error.line + 1,
    column,
    lineText,
    found: foundAt(lineText, column, error.line >= lines.length - 1),
  };
}

function explain(error: ParserError, text: string): SyntaxFault {
  const spot = spotOf(error, text);
  const { line, column, lineText, found } = spot;
  if (/redefine|extend/i.test(error.message)) return repeatedKey(text, line) ?? repeatedTable(line);
  const bare = unquoted(lineText, line);
  if (bare !== undefined && column >= bare.column) return bare;
  const at = { line, column };
  if (/^\s*\[/.test(lineText))
    return { ...at, message: `expected a table's name and its closing brackets, found ${found}` };
  const known = REWORDED.find(([pattern]) => pattern.test(error.message));
  if (known !== undefined) return { ...at, message: `expected ${known[1]}, found ${found}`, hint: known[2] };
  return { ...at, message: error.message.replace(/ at row [\s\S]*$/, '') };
}

/** The parser gives no position for a date that does not exist: it is on the first line that brings the error. */
function impossibleDate(text: string): SyntaxFault {
  const lines = text.split('\n');
  const line = lines.findIndex((_, index) => {
    try {
      parse(lines.slice(0, index + 1).join('\n'));
      return false;
    } catch (thrown) {
      return !isParserError(thrown);
    }
  });
  const column = (BARE_VALUE.exec(lines[line] ?? '')?.[0].length ?? 0) + 1;
  return { line: line + 1, column, message: 'expected a date that exists, found one that does not' };
}

/**
 * Parses TOML. `file` is how messages call it.
 * @throws HostError ERR_CONFIG_SYNTAX with file, line and column; it never shows the text of a value.
 */
export function parseToml(text: string, file: string): TomlTable {
  try {
    return parse(text);
  } catch (thrown) {
    if (!isParserError(thrown) && !/date|time/i.test(messageOf(thrown))) throw thrown;
    const { line, column, message, hint } = isParserError(thrown) ? explain(thrown, text) : impossibleDate(text);
    const mend = hint === undefined ? '' : `\n  ${hint}`;
    throw new HostError('ERR_CONFIG_SYNTAX', `${file}:${line}:${column}: ${message}${mend}`);
  }
}
