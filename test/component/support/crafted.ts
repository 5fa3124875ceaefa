/** Components put together byte by byte: no tool writes such ones. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) | (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}

export function text(value: string): number[] {
  const bytes = [...Buffer.from(value)];
  return [...leb(bytes.length), ...bytes];
}

export function section(id: number, items: readonly (readonly number[])[]): Uint8Array {
  const body = [...leb(items.length), ...items.flat()];
  return Uint8Array.from([id, ...leb(body.length), ...body]);
}

export function craftedComponent(...sections: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Buffer.from('0061736d0d000100', 'hex'), ...sections]);
}

export function craftedModule(...sections: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Buffer.from('0061736d01000000', 'hex'), ...sections]);
}

/** Imports the function `name`, `func()`. */
export function importing(name: string): Uint8Array {
  return craftedComponent(section(7, [[0x40, 0, 1, 0]]), section(10, [[0, ...text(name), 1, 0]]));
}

/** Imports interfaces with functions, all of one and the same type. */
export function manyImports(interfaces: number, functions: number): Uint8Array {
  const declarations = [[0x01, 0x40, 0, 1, 0]];
  for (let i = 0; i < functions; i++) declarations.push([0x04, 0, ...text(`f${i}`), 1, 0]);
  const imports = Array.from({ length: interfaces }, (_, i) => [0, ...text(`a:b/i${i}`), 5, 0]);
  return craftedComponent(
    section(7, [[0x42, ...leb(declarations.length), ...declarations.flat()]]),
    section(10, imports),
  );
}

/** A type's index where a value type is expected: signed, so that it is told from the primitives. */
function typeIndex(index: number): number[] {
  const bytes = leb(index);
  const last = bytes.at(-1) ?? 0;
  return last < 64 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0];
}

/** Imports a function with a parameter of tuples in tuples, each of `width` times the one before. */
export function nestedTuples(width: number, depth: number, innermost: readonly number[]): Uint8Array {
  const types = [[...innermost]];
  for (let i = 0; i < depth; i++)
    types.push([0x6f, ...leb(width), ...Array<number[]>(width).fill(typeIndex(i)).flat()]);
  types.push([0x40, 1, ...text('x'), ...typeIndex(depth), 1, 0]);
  return craftedComponent(section(7, types), section(10, [[0, ...text('f'), 1, ...leb(depth + 1)]]));
}

export function globals(count: number): Uint8Array {
  return craftedModule(section(6, Array<number[]>(count).fill([0x7e, 1, 0x42, 0, 0x0b])));
}
