/** Control characters but for line feeds, the separators that break lines, and what reorders text written both ways. */
const UNSAFE = /(?!\n)\p{Cc}|[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text for a terminal with all else escaped that moves the cursor or reorders what is read: names in files of others
 * could forge lines with it.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);
}
