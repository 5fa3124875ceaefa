const BARE_KEY_CHARACTER = /[A-Za-z0-9_-]/;
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' };
const VALUE_END = /[,\]}#\n]/;

/** Reads the lexical parts of TOML one after another. Made for valid text: on anything else it stops early, and ends. */
export class Cursor {
  private readonly text: string;
  private position = 0;
  /** From 1. */
  line = 1;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.position >= this.text.length;
  }

  /** The next character, or an empty string at the end. */
  get next(): string {
    return this.text[this.position] ?? '';
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.position);
  }

  skip(count = 1): void {
    for (let i = 0; i < count && !this.done; i++) {
      if (this.text[this.position++] === '\n') this.line++;
    }
  }

  /** Takes `text` if it comes next. */
  take(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.skip(text.length);
    return true;
  }

  skipBlanks(): void {
    while (this.next === ' ' || this.next === '\t') this.skip();
  }

  skipLine(): void {
    while (!this.done && this.next !== '\n') this.skip();
    this.skip();
  }

  /** Blanks, line ends and comments. */
  skipSpace(): void {
    for (;;) {
      this.skipBlanks();
      if (this.next === '#') this.skipLine();
      else if (this.next === '\n' || this.next === '\r') this.skip();
      else return;
    }
  }

  /** A dotted key; empty where there is none. */
  readKey(): string[] {
    const key: string[] = [];
    do {
      this.skipBlanks();
      const part = this.readKeyPart();
      if (part === undefined) return [];
      key.push(part);
      this.skipBlanks();
    } while (this.take('.'));
    return key;
  }

  private readKeyPart(): string | undefined {
    if (this.next === '"' || this.next === "'") return this.readString();
    const start = this.position;
    while (BARE_KEY_CHARACTER.test(this.next)) this.skip();
    return this.position > start ? this.text.slice(start, this.position) : undefined;
  }

  /** A string of any of the four kinds, decoded as far as keys need it. */
  readString(): string {
    const quote = this.next;
    const multiline = this.startsWith(quote.repeat(3));
    const fence = multiline ? quote.repeat(3) : quote;
    this.skip(fence.length);
    let value = '';
    while (!this.done && !this.closes(fence)) {
      if (!multiline && this.next === '\n') return value;
      value += quote === '"' && this.next === '\\' ? this.readEscape() : this.readCharacter();
    }
    this.skip(fence.length);
    return value;
  }

  /** A multi-line string may end in up to two quotes of its own before the fence. */
  private closes(fence: string): boolean {
    return this.startsWith(fence) && !(fence.length === 3 && this.startsWith(fence + fence.slice(0, 1)));
  }

  private readCharacter(): string {
    const character = this.next;
    this.skip();
    return character;
  }

  private readEscape(): string {
    this.skip();
    const kind = this.readCharacter();
    if (kind !== 'u' && kind !== 'U') return ESCAPES[kind] ?? kind;
    const digits = kind === 'u' ? 4 : 8;
    const code = Number.parseInt(this.text.slice(this.position, this.position + digits), 16);
    this.skip(digits);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  }

  /** A number, boolean or date. */
  skipBareValue(): void {
    while (!this.done && !VALUE_END.test(this.next)) this.skip();
  }
}
