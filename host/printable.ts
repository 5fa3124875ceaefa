/** Control characters but for line feeds, the separators that break lines, and what reorders text written both ways. */
const UNSAFE = /(?!\n)\p{Cc}|[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text for a terminal with all else escaped that moves the cursor or reorders what is read: names in files of others
 * could forge lines with it.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);
}

/** The same on one line: line feeds are escaped too. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n');
}

/** The text that bytes are, if they are UTF-8 and nothing in it would have to be escaped but tabs. */
export function printableText(bytes: Uint8Array): string | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  return text.search(UNPRINTABLE) < 0 ? text : undefined;
}

/** As {@link UNSAFE}, less tabs. A byte order mark is invisible, so that text with one would not be what it seems. */
const UNPRINTABLE = /(?![\n\t])\p{Cc}|[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;
