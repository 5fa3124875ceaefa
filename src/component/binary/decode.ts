import { canon } from './canon.ts';
import { alias, definedType, externName, externType, named } from './decode-types.ts';
import { MalformedError, Reader } from './reader.ts';
import { Scope } from './scope.ts';
import type { ComponentType, Extern } from './types.ts';

export interface DecodedComponent {
  readonly type: ComponentType;
  /** Every name in it, outside of core modules. */
  readonly names: ReadonlySet<string>;
}

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d];

/** What the first eight bytes say a file is. */
export function kindOf(bytes: Uint8Array): 'component' | 'module' | 'other' {
  if (bytes.length < 8 || PREAMBLE.some((byte, index) => bytes[index] !== byte)) return 'other';
  return bytes[6] === 0x01 ? 'component' : 'module';
}

function exportEntry(reader: Reader, scope: Scope): void {
  const name = externName(reader);
  const sort = reader.byte();
  if (sort === 0x00) reader.byte();
  const item = scope.item(sort, reader.u32());
  const extern = reader.optional(() => externType(reader, scope)) ?? item;
  scope.exports.set(name, extern);
  scope.define(extern, name);
}

function instance(reader: Reader, scope: Scope): void {
  if (reader.byte() === 0x00) {
    const component = scope.component(reader.u32());
    reader.vector(() => {
      reader.name();
      if (reader.byte() === 0x00) reader.byte();
      reader.u32();
    });
    scope.instances.push({ kind: 'instance', exports: component.exports });
    return;
  }
  const exports = new Map<string, Extern>();
  reader.vector(() => {
    const name = externName(reader);
    const sort = reader.byte();
    if (sort === 0x00) reader.byte();
    exports.set(name, scope.item(sort, reader.u32()));
  });
  scope.instances.push({ kind: 'instance', exports });
}

function section(id: number, reader: Reader, scope: Scope): void {
  switch (id) {
    case 0x04:
      scope.components.push(component(reader, scope));
      return;
    case 0x05:
      reader.vector(() => instance(reader, scope));
      return;
    case 0x06:
      reader.vector(() => alias(reader, scope));
      return;
    case 0x07:
      // One after the other: a type may refer to those before it.
      for (let left = reader.u32(); left > 0; left--) scope.types.push(definedType(reader, scope));
      return;
    case 0x08:
      reader.vector(() => canon(reader, scope));
      return;
    case 0x0a:
      reader.vector(() => named(reader, scope, scope.imports));
      return;
    case 0x0b:
      reader.vector(() => exportEntry(reader, scope));
      return;
    default:
      // Custom and core sections: the host looks at the core modules that were transpiled from them.
      return;
  }
}

function component(reader: Reader, parent: Scope | undefined): ComponentType {
  reader.sub(8);
  const scope = new Scope(parent);
  while (!reader.done) {
    const id = reader.byte();
    section(id, reader.sub(reader.u32()), scope);
  }
  return { kind: 'component', imports: scope.imports, exports: scope.exports };
}

/**
 * Reads the imports and exports of a component with their types, and none of its code. It decodes, it does not
 * validate: that is the transpiler's part.
 * @throws {MalformedError} where the bytes are no component.
 */
export function decodeComponent(bytes: Uint8Array): DecodedComponent {
  if (kindOf(bytes) !== 'component') throw new MalformedError('no component');
  const reader = new Reader(bytes);
  return { type: component(reader, undefined), names: reader.names };
}
