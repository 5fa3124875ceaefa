import { valueType } from './decode-types.ts';
import type { Reader } from './reader.ts';
import type { Scope } from './scope.ts';

function options(reader: Reader): void {
  reader.vector(() => {
    const option = reader.byte();
    if ([0x03, 0x04, 0x05, 0x07, 0x08].includes(option)) reader.u32();
    else if (option > 0x09) reader.fail('unknown canonical option');
  });
}

/**
 * How many of an operation's immediates to skip: `i` an index, `b` a byte, `o` canonical options, `r` a result list.
 * Lift, which alone defines a function of the component, is not among them.
 */
const IMMEDIATES: Readonly<Record<number, string>> = {
  1: 'bio',
  2: 'i',
  3: 'i',
  4: 'i',
  5: '',
  6: 'b',
  7: 'i',
  8: '',
  9: 'ro',
  10: 'bi',
  11: 'bi',
  12: 'b',
  13: '',
  14: 'i',
  15: 'io',
  16: 'io',
  17: 'ib',
  18: 'ib',
  19: 'i',
  20: 'i',
  21: 'i',
  22: 'io',
  23: 'io',
  24: 'ib',
  25: 'ib',
  26: 'i',
  27: 'i',
  28: 'o',
  29: 'o',
  30: '',
  31: '',
  32: 'bi',
  33: 'bi',
  34: '',
  35: '',
  36: '',
  37: '',
  38: '',
  39: 'ii',
  40: 'b',
  41: 'b',
  42: '',
  43: 'b',
  64: 'i',
  65: 'ii',
  66: '',
};

function skip(kind: string, reader: Reader, scope: Scope): void {
  if (kind === 'i') reader.u32();
  else if (kind === 'b') reader.byte();
  else if (kind === 'o') options(reader);
  else if (reader.byte() === 0) valueType(reader, scope);
  else reader.byte();
}

/** One entry of a canon section: a lift adds its function, everything else is a core function and skipped. */
export function canon(reader: Reader, scope: Scope): void {
  const operation = reader.byte();
  if (operation === 0x00) {
    reader.byte();
    reader.u32();
    options(reader);
    scope.functions.push(scope.functionType(reader.u32()));
    return;
  }
  const immediates = IMMEDIATES[operation];
  if (immediates === undefined) reader.fail('unknown canonical operation');
  for (const kind of immediates) skip(kind, reader, scope);
}
