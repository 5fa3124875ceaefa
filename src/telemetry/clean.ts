const STRUCK = '***';
const SHORTEST_KEY_LINE = 16;
/** Characters that end a line, drive a terminal, or reorder what it shows. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const STACK = /\n[ \t]+at /;

/** The ways in which a secret may turn up in a text: as it is, quoted, in a url, or one line of a key. */
function formsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST_KEY_LINE && !line.startsWith('-----'));
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed()), ...lines];
}

/** A function that strikes every secret out of a text. */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const forms = [...new Set(secrets.filter((secret) => secret !== '').flatMap(formsOf))];
  if (forms.length === 0) return (text) => text;
  // The longest first: an alternative that is another's beginning would leave its end in the text.
  forms.sort((a, b) => b.length - a.length);
  const pattern = new RegExp(forms.map((form) => RegExp.escape(form)).join('|'), 'g');
  return (text) => text.replace(pattern, STRUCK);
}

function escapeOne(character: string): string {
  return SHORT_ESCAPES[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}

/** The text with what could forge a line or drive a terminal written as `\n`, `\u001b` and so on. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, escapeOne);
}

/** The text without a stack trace at its end. */
export function withoutStack(text: string): string {
  const start = text.search(STACK);
  return start === -1 ? text : text.slice(0, start);
}

/** The text, or its beginning with a note of how much was left out. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;
}
