import { GuestTrap, WitError } from '../wit-error.ts';
import { type Store, sizeOfText } from './store.ts';

type Entry = readonly [name: string, value: Uint8Array];

/** A token [RFC 9110, 5.6.2]. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function check(name: string): void {
  if (NAME.test(name)) return;
  throw new WitError({ tag: 'invalid-syntax' }, `${JSON.stringify(name.slice(0, 60))} is no field name`);
}

function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, [name, value]) => sum + sizeOfText(name) + value.length, 0);
}

/**
 * `wasi:http/types.fields`: an ordered multimap whose names match without regard to case. More than the instance's
 * store holds is refused with `header-error.forbidden`.
 */
export class Fields {
  readonly store: Store;
  #entries: readonly Entry[] = [];
  #adopted = false;

  constructor(store: Store) {
    this.store = store;
  }

  get(name: string): Uint8Array[] {
    return this.#entries.filter(([key]) => same(key, name)).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#entries.some(([key]) => same(key, name));
  }

  set(name: string, values: readonly Uint8Array[]): void {
    this.delete(name);
    this.add(values.map((value) => [name, value]));
  }

  delete(name: string): void {
    check(name);
    this.#drop((key) => same(key, name));
  }

  append(name: string, value: Uint8Array): void {
    this.add([[name, value]]);
  }

  entries(): Entry[] {
    return [...this.#entries];
  }

  /** Adds all of the entries or none. */
  protected add(entries: readonly Entry[]): void {
    for (const [name] of entries) check(name);
    if (!this.store.take(sizeOf(entries), entries.length))
      throw new WitError({ tag: 'forbidden' }, 'the instance keeps too many fields');
    this.#entries = [...this.#entries, ...entries];
  }

  #drop(isDropped: (name: string) => boolean): void {
    const dropped = this.#entries.filter(([name]) => isDropped(name));
    this.#entries = this.#entries.filter(([name]) => !isDropped(name));
    this.store.give(sizeOf(dropped), dropped.length);
  }

  /** Makes it a part of a request or response: it stays until that is released. */
  adopt(): void {
    this.#adopted = true;
  }

  release(): void {
    this.#drop(() => true);
  }

  /** The guest dropped its handle. */
  [Symbol.dispose](): void {
    if (!this.#adopted) this.release();
  }
}

export interface FieldsClass {
  new (): Fields;
  fromList(entries: readonly Entry[]): Fields;
}

/** The class of one instance's fields, as the generated bindings call it. */
export function fieldsIn(store: Store): FieldsClass {
  return class InstanceFields extends Fields {
    static fromList(entries: readonly Entry[]): InstanceFields {
      const fields = new InstanceFields();
      fields.add(entries);
      return fields;
    }

    constructor() {
      super(store);
    }

    clone(): InstanceFields {
      try {
        return InstanceFields.fromList(this.entries());
      } catch {
        // It has no error case to return.
        throw new GuestTrap('the instance keeps too many fields');
      }
    }
  };
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
