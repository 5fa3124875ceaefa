import type { Reader } from './reader.ts';
import { Scope } from './scope.ts';
import type { DefinedType, Extern, FunctionType, ValueType } from './types.ts';

const PRIMITIVES: Readonly<Record<number, string>> = {
  127: 'bool',
  126: 's8',
  125: 'u8',
  124: 's16',
  123: 'u16',
  122: 's32',
  121: 'u32',
  120: 's64',
  119: 'u64',
  118: 'f32',
  117: 'f64',
  116: 'char',
  115: 'string',
  100: 'error-context',
};

/** Names of imports and exports: a kind byte, the name, and with kind 2 a version suffix. */
export function externName(reader: Reader): string {
  const kind = reader.byte();
  if (kind > 2) reader.fail('unknown kind of name');
  const name = reader.name();
  if (kind === 2) reader.name();
  return name;
}

/** A value type: a primitive or an index, which is a positive s33. */
export function valueType(reader: Reader, scope: Scope): ValueType {
  const primitive = PRIMITIVES[reader.peek()];
  if (primitive === undefined) return scope.value(reader.u32());
  reader.byte();
  return { kind: 'primitive', name: primitive };
}

function functionType(reader: Reader, scope: Scope, async: boolean): FunctionType {
  const params = reader.vector(() => ({ name: reader.name(), type: valueType(reader, scope) }));
  if (reader.byte() === 0) return { kind: 'function', async, params, result: valueType(reader, scope) };
  if (reader.byte() !== 0) reader.fail('named results are not supported');
  return { kind: 'function', async, params, result: undefined };
}

function appliedType(opcode: number, reader: Reader, scope: Scope): ValueType | undefined {
  const one = () => valueType(reader, scope);
  const maybe = () => reader.optional(one);
  switch (opcode) {
    case 0x70:
      return { kind: 'applied', word: 'list', of: [one()] };
    case 0x67:
      return { kind: 'applied', word: 'list', of: [one()], length: reader.u32() };
    case 0x6b:
      return { kind: 'applied', word: 'option', of: [one()] };
    case 0x6f:
      return { kind: 'applied', word: 'tuple', of: reader.vector(one) };
    case 0x6a:
      return { kind: 'applied', word: 'result', of: [maybe(), maybe()] };
    case 0x66:
      return { kind: 'applied', word: 'stream', of: [maybe()] };
    case 0x65:
      return { kind: 'applied', word: 'future', of: [maybe()] };
    case 0x63:
      return { kind: 'applied', word: 'map', of: [one(), one()] };
    case 0x69:
      return { kind: 'applied', word: 'own', of: [scope.value(reader.u32())] };
    case 0x68:
      return { kind: 'applied', word: 'borrow', of: [scope.value(reader.u32())] };
    default:
      return undefined;
  }
}

function plainType(opcode: number, reader: Reader, scope: Scope): ValueType | undefined {
  switch (opcode) {
    case 0x72:
      return {
        kind: 'record',
        fields: reader.vector(() => ({ name: reader.name(), type: valueType(reader, scope) })),
      };
    case 0x71:
      return { kind: 'variant', cases: reader.vector(() => variantCase(reader, scope)) };
    case 0x6e:
      return { kind: 'labels', word: 'flags', labels: reader.vector(() => reader.name()) };
    case 0x6d:
      return { kind: 'labels', word: 'enum', labels: reader.vector(() => reader.name()) };
    case 0x3f:
      reader.byte();
      reader.optional(() => reader.u32());
      return { kind: 'resource' };
    default:
      return PRIMITIVES[opcode] === undefined ? undefined : { kind: 'primitive', name: PRIMITIVES[opcode] };
  }
}

function variantCase(reader: Reader, scope: Scope): { name: string; type: ValueType | undefined } {
  const name = reader.name();
  const type = reader.optional(() => valueType(reader, scope));
  reader.optional(() => reader.u32());
  return { name, type };
}

/** One entry of a type section. */
export function definedType(reader: Reader, scope: Scope): DefinedType {
  const opcode = reader.byte();
  if (opcode === 0x40 || opcode === 0x43) return functionType(reader, scope, opcode === 0x43);
  if (opcode === 0x41 || opcode === 0x42) {
    const inner = declarations(reader, scope);
    return opcode === 0x42
      ? { kind: 'instance', exports: inner.exports }
      : { kind: 'component', imports: inner.imports, exports: inner.exports };
  }
  return appliedType(opcode, reader, scope) ?? plainType(opcode, reader, scope) ?? reader.fail('unknown type');
}

/** The declarations of a component type or an instance type. */
function declarations(reader: Reader, parent: Scope): Scope {
  const scope = new Scope(parent);
  reader.vector(() => {
    switch (reader.byte()) {
      case 0x01:
        return scope.types.push(definedType(reader, scope));
      case 0x02:
        return alias(reader, scope);
      case 0x03:
        return named(reader, scope, scope.imports);
      case 0x04:
        return named(reader, scope, scope.exports);
      default:
        return reader.fail('a core type in a component type is not supported');
    }
  });
  return scope;
}

/** A name with what it stands for; both an import and a declared export define an item. */
export function named(reader: Reader, scope: Scope, into: Map<string, Extern>): void {
  const name = externName(reader);
  const extern = externType(reader, scope);
  into.set(name, extern);
  scope.define(extern, name);
}

/** An `externdesc`. */
export function externType(reader: Reader, scope: Scope): Extern {
  const sort = reader.byte();
  switch (sort) {
    case 0x00:
      reader.byte();
      reader.u32();
      return { sort: 'module' };
    case 0x01:
      return { sort: 'function', type: scope.functionType(reader.u32()) };
    case 0x02:
      if (reader.byte() === 0) reader.u32();
      else valueType(reader, scope);
      return { sort: 'value' };
    case 0x03:
      return { sort: 'type', type: reader.byte() === 0 ? scope.type(reader.u32()) : { kind: 'resource' } };
    case 0x04:
      return { sort: 'component', type: scope.componentType(reader.u32()) };
    case 0x05:
      return { sort: 'instance', type: scope.instanceType(reader.u32()) };
    default:
      return reader.fail('unknown kind of import or export');
  }
}

/** An alias, of an instance's export or of an item of an enclosing scope. */
export function alias(reader: Reader, scope: Scope): void {
  const sort = reader.byte();
  if (sort === 0x00) reader.byte();
  const target = reader.byte();
  if (target === 0x02) {
    const from = scope.outer(reader.u32());
    const index = reader.u32();
    if (sort !== 0x00) scope.define(from.item(sort, index));
    return;
  }
  const instance = reader.u32();
  const name = reader.name();
  if (target !== 0x00) return;
  const extern = scope.instance(instance).exports.get(name);
  if (extern === undefined) reader.fail(`no export ${JSON.stringify(name.slice(0, 60))} to alias`);
  scope.define(extern, extern.sort === 'type' ? name : undefined);
}
