import { WitError } from '../wit-error.ts';

type Entry = readonly [name: string, value: Uint8Array];

/** A token [RFC 9110, 5.6.2]. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function check(name: string): void {
  if (!NAME.test(name)) throw new WitError({ tag: 'invalid-syntax' }, `${JSON.stringify(name)} is no field name`);
}

/** `wasi:http/types.fields`: an ordered multimap whose names match without regard to case. */
export class Fields {
  #entries: Entry[] = [];

  static fromList(entries: readonly Entry[]): Fields {
    for (const [name] of entries) check(name);
    const fields = new Fields();
    fields.#entries = [...entries];
    return fields;
  }

  get(name: string): Uint8Array[] {
    return this.#entries.filter(([key]) => same(key, name)).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#entries.some(([key]) => same(key, name));
  }

  set(name: string, values: readonly Uint8Array[]): void {
    this.delete(name);
    for (const value of values) this.#entries.push([name, value]);
  }

  delete(name: string): void {
    check(name);
    this.#entries = this.#entries.filter(([key]) => !same(key, name));
  }

  append(name: string, value: Uint8Array): void {
    check(name);
    this.#entries.push([name, value]);
  }

  entries(): Entry[] {
    return [...this.#entries];
  }

  clone(): Fields {
    return Fields.fromList(this.#entries);
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
