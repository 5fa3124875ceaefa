/** The types of the component model, as far as the host looks at them. References are resolved: a tree, no indices. */
export type ValueType =
  | { readonly kind: 'primitive'; readonly name: string }
  | { readonly kind: 'record'; readonly fields: readonly Field[]; readonly name?: string }
  | { readonly kind: 'variant'; readonly cases: readonly Case[]; readonly name?: string }
  | {
      readonly kind: 'labels';
      readonly word: 'flags' | 'enum';
      readonly labels: readonly string[];
      readonly name?: string;
    }
  /** A constructor with arguments, as `list<u8>`; undefined is `_`. */
  | {
      readonly kind: 'applied';
      readonly word: 'list' | 'option' | 'tuple' | 'result' | 'stream' | 'future' | 'map' | 'own' | 'borrow';
      readonly of: readonly (ValueType | undefined)[];
      readonly length?: number;
      readonly name?: string;
    }
  | { readonly kind: 'resource'; readonly name?: string };

export interface Field {
  readonly name: string;
  readonly type: ValueType;
}

export interface Case {
  readonly name: string;
  readonly type: ValueType | undefined;
}

export interface FunctionType {
  readonly kind: 'function';
  readonly async: boolean;
  readonly params: readonly Field[];
  readonly result: ValueType | undefined;
}

export interface InstanceType {
  readonly kind: 'instance';
  readonly exports: ReadonlyMap<string, Extern>;
}

export interface ComponentType {
  readonly kind: 'component';
  readonly imports: ReadonlyMap<string, Extern>;
  readonly exports: ReadonlyMap<string, Extern>;
}

export type DefinedType = ValueType | FunctionType | InstanceType | ComponentType;

/** What an import or export is. */
export type Extern =
  | { readonly sort: 'function'; readonly type: FunctionType }
  | { readonly sort: 'type'; readonly type: DefinedType }
  | { readonly sort: 'instance'; readonly type: InstanceType }
  | { readonly sort: 'component'; readonly type: ComponentType }
  | { readonly sort: 'module' | 'value' };

const PRINT_DEPTH = 4;
/** Characters of a printed type. Types share their parts, so that a small component can describe an endless text. */
const PRINT_LENGTH = 500;

class Text {
  /** Records, variants and the like are printed as they are made, not by their names. */
  readonly expanded: boolean;
  #text = '';
  full = false;

  constructor(expanded: boolean) {
    this.expanded = expanded;
  }

  add(part: string): void {
    if (this.full) return;
    this.#text += part;
    this.full = this.#text.length > PRINT_LENGTH;
  }

  list<T>(items: readonly T[], print: (item: T) => void): void {
    for (const [index, item] of items.entries()) {
      if (this.full) return;
      if (index > 0) this.add(', ');
      print(item);
    }
  }

  toString(): string {
    return this.full ? `${this.#text.slice(0, PRINT_LENGTH)}…` : this.#text;
  }
}

/** Whether there is more to say of a type than its name. */
function isComposite({ kind }: ValueType): boolean {
  return kind !== 'primitive' && kind !== 'resource';
}

function printValue(text: Text, type: ValueType | undefined, depth: number): void {
  if (type === undefined) text.add('_');
  else if (type.name !== undefined && !(text.expanded && isComposite(type) && depth > 0)) text.add(type.name);
  else if (depth === 0) text.add('…');
  else printStructure(text, type, depth - 1);
}

function printStructure(text: Text, type: ValueType, depth: number): void {
  if (type.kind === 'applied') printApplied(text, type, depth);
  else if (type.kind === 'resource') text.add('resource');
  else if (type.kind !== 'primitive') {
    text.add(`${type.kind === 'labels' ? type.word : type.kind} { `);
    if (type.kind === 'record') printFields(text, type.fields, depth);
    else if (type.kind === 'variant') text.list(type.cases, (item) => printCase(text, item, depth));
    else text.list(type.labels, (label) => text.add(label));
    text.add(' }');
  }
}

function printCase(text: Text, { name, type }: Case, depth: number): void {
  text.add(name);
  if (type === undefined) return;
  text.add('(');
  printValue(text, type, depth);
  text.add(')');
}

function printApplied(text: Text, type: Extract<ValueType, { kind: 'applied' }>, depth: number): void {
  if (type.word === 'own') {
    printValue(text, type.of[0], depth);
    return;
  }
  text.add(type.word);
  const count = type.of.findLastIndex((argument) => argument !== undefined) + 1;
  if (count === 0) return;
  text.add('<');
  text.list(count === type.of.length ? type.of : type.of.slice(0, count), (of) => printValue(text, of, depth));
  text.add(type.length === undefined ? '>' : `, ${type.length}>`);
}

function printFields(text: Text, fields: readonly Field[], depth: number): void {
  text.list(fields, (field) => {
    text.add(`${field.name}: `);
    printValue(text, field.type, depth);
  });
}

/**
 * A function's type as WIT writes it, cut short after some 500 characters; `expanded` with what its named types are made
 * of in place of their names.
 */
export function printFunction(type: FunctionType, { expanded = false } = {}): string {
  const text = new Text(expanded);
  text.add(`${type.async ? 'async ' : ''}func(`);
  printFields(text, type.params, PRINT_DEPTH);
  text.add(')');
  if (type.result !== undefined) {
    text.add(' -> ');
    printValue(text, type.result, PRINT_DEPTH);
  }
  return text.toString();
}
