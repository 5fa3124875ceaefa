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

function printValue(type: ValueType | undefined, depth: number): string {
  if (type === undefined) return '_';
  if (type.name !== undefined) return type.name;
  if (depth === 0) return '…';
  switch (type.kind) {
    case 'record':
      return `record { ${printFields(type.fields, depth - 1)} }`;
    case 'variant':
      return `variant { ${type.cases.map((c) => (c.type ? `${c.name}(${printValue(c.type, depth - 1)})` : c.name)).join(', ')} }`;
    case 'labels':
      return `${type.word} { ${type.labels.join(', ')} }`;
    case 'resource':
      return 'resource';
    case 'applied':
      return printApplied(type, depth - 1);
    case 'primitive':
      return type.name;
  }
}

function printApplied(type: Extract<ValueType, { kind: 'applied' }>, depth: number): string {
  const of = [...type.of];
  if (type.word === 'own') return printValue(of[0], depth);
  while (of.length > 0 && of.at(-1) === undefined) of.pop();
  const args = of.map((argument) => printValue(argument, depth));
  if (type.length !== undefined) args.push(String(type.length));
  return args.length === 0 ? type.word : `${type.word}<${args.join(', ')}>`;
}

function printFields(fields: readonly Field[], depth: number): string {
  return fields.map((field) => `${field.name}: ${printValue(field.type, depth)}`).join(', ');
}

/** A function's type as WIT writes it. */
export function printFunction(type: FunctionType): string {
  const result = type.result === undefined ? '' : ` -> ${printValue(type.result, PRINT_DEPTH)}`;
  return `${type.async ? 'async ' : ''}func(${printFields(type.params, PRINT_DEPTH)})${result}`;
}
