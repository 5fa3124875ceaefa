import { Cursor } from './cursor.ts';
import { formatPath, type KeyPath } from './paths.ts';

/** Lines, from 1, of what a TOML text defines. */
export interface ScannedLines {
  /** {@link formatPath} of every key, table and list element to the line where it starts. */
  readonly lines: ReadonlyMap<string, number>;
  /** Keys that are written twice, which TOML forbids. */
  readonly repeated: readonly { readonly path: string; readonly first: number; readonly again: number }[];
}

class Scan {
  readonly lines = new Map<string, number>();
  readonly repeated: { path: string; first: number; again: number }[] = [];
  private readonly cursor: Cursor;
  private readonly assigned = new Map<string, number>();
  private readonly tableLists = new Map<string, number>();
  private table: KeyPath = [];

  constructor(text: string) {
    this.cursor = new Cursor(text);
  }

  run(): void {
    const { cursor } = this;
    for (;;) {
      cursor.skipSpace();
      if (cursor.done) return;
      if (cursor.next === '[') this.header();
      else this.assignment(this.table);
      cursor.skipBlanks();
      if (cursor.next !== '' && cursor.next !== '\n') cursor.skipLine();
    }
  }

  private header(): void {
    const line = this.cursor.line;
    const listed = this.cursor.take('[[');
    if (!listed) this.cursor.skip();
    const key = this.cursor.readKey();
    if (key.length === 0) return;
    const path: (string | number)[] = [];
    for (const [index, part] of key.entries()) {
      const last = index === key.length - 1;
      path.push(part);
      this.implied(path, line);
      const name = formatPath(path);
      if (last && listed) this.tableLists.set(name, (this.tableLists.get(name) ?? 0) + 1);
      const count = this.tableLists.get(name);
      if (count !== undefined) path.push(count - 1);
    }
    this.table = path;
    this.lines.set(formatPath(path), line);
    this.cursor.take(listed ? ']]' : ']');
  }

  /** `key = value` below `table`; false where there is none. */
  private assignment(table: KeyPath): boolean {
    const { cursor } = this;
    const line = cursor.line;
    const key = cursor.readKey();
    if (key.length === 0 || !cursor.take('=')) return false;
    for (let i = 1; i < key.length; i++) this.implied([...table, ...key.slice(0, i)], line);
    const path = [...table, ...key];
    this.assign(formatPath(path), line);
    cursor.skipBlanks();
    this.value(path);
    return true;
  }

  private value(path: KeyPath): void {
    const { cursor } = this;
    if (cursor.next === '"' || cursor.next === "'") cursor.readString();
    else if (cursor.take('[')) this.list(path);
    else if (cursor.take('{')) this.inlineTable(path);
    else cursor.skipBareValue();
  }

  private list(path: KeyPath): void {
    const { cursor } = this;
    for (let index = 0; ; index++) {
      cursor.skipSpace();
      if (cursor.done || cursor.take(']')) return;
      const element = [...path, index];
      this.implied(element, cursor.line);
      this.value(element);
      cursor.skipSpace();
      if (!cursor.take(',') && cursor.next !== ']') return;
    }
  }

  private inlineTable(path: KeyPath): void {
    const { cursor } = this;
    do {
      cursor.skipSpace();
      if (!this.assignment(path)) break;
      cursor.skipSpace();
    } while (cursor.take(','));
    cursor.take('}');
  }

  private assign(path: string, line: number): void {
    const first = this.assigned.get(path);
    if (first !== undefined) this.repeated.push({ path, first, again: line });
    else this.assigned.set(path, line);
    if (!this.lines.has(path)) this.lines.set(path, line);
  }

  private implied(path: KeyPath, line: number): void {
    const name = formatPath(path);
    if (!this.lines.has(name)) this.lines.set(name, line);
  }
}

/**
 * Finds the line of every key, which the TOML parser does not keep. Never fails; what it says about text that is not
 * valid TOML is right up to the first mistake.
 */
export function scanLines(text: string): ScannedLines {
  const scan = new Scan(text);
  scan.run();
  return scan;
}
