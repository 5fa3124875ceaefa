import { HostError } from '../errors.ts';
import { Reader } from './binary/reader.ts';

/** Bytes of a WebAssembly page. */
export const PAGE = 65_536;
/** Entries that the tables of one instance may have together: enough for any program, and a few MiB at most. */
const TABLE_ENTRIES = 1_000_000;
/** Globals that a module may define; linked libraries have some thousands. */
const GLOBALS = 65_536;
/** A module with more is instantiated once, as one with memory is. */
const REPEATABLE_GLOBALS = 1_000;
/** What a global is taken to need, in bytes: the widest, a vector. */
const GLOBAL_SIZE = 16;
const TABLE_SECTION = 4;
const MEMORY_SECTION = 5;
const GLOBAL_SECTION = 6;

interface Limits {
  /** In pages or table entries. */
  readonly min: number;
  readonly max: number | undefined;
  readonly flags: number;
  /** Where the limits lie in the module. */
  readonly start: number;
  readonly end: number;
}

interface Section {
  readonly id: number;
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
}

function unsafe(file: string, what: string): HostError {
  return new HostError('ERR_COMPONENT_UNSAFE', `the component is refused: its core module ${file} ${what}`);
}

function sections(bytes: Uint8Array): Section[] {
  const reader = new Reader(bytes, 8);
  const found: Section[] = [];
  while (!reader.done) {
    const start = reader.offset;
    const id = reader.byte();
    const body = reader.sub(reader.u32());
    found.push({ id, start, bodyStart: body.offset, end: body.end });
  }
  return found;
}

function readLimits(reader: Reader, file: string): Limits {
  const start = reader.offset;
  const flags = reader.byte();
  if (flags & 0x04) throw unsafe(file, 'uses 64-bit memory (memory64), which the host does not cap');
  if (flags & ~0x03) throw unsafe(file, 'uses a kind of memory that the host does not know');
  const min = reader.u32();
  const max = flags & 0x01 ? reader.u32() : undefined;
  return { min, max, flags, start, end: reader.offset };
}

/** A memory or table section's limits; tables with an initialiser or typed references are refused: none are in use. */
function sectionLimits(bytes: Uint8Array, section: Section, file: string): Limits[] {
  const reader = new Reader(bytes, section.bodyStart, section.end);
  return reader.vector(() => {
    if (section.id === TABLE_SECTION && ![0x70, 0x6f].includes(reader.byte()))
      throw unsafe(file, 'has a table of a kind that the host does not know');
    return readLimits(reader, file);
  });
}

/** How many globals a module defines; imported ones are another's. */
function countGlobals(bytes: Uint8Array): number {
  const counts = sections(bytes).map((section) =>
    section.id === GLOBAL_SECTION ? new Reader(bytes, section.bodyStart, section.end).u32() : 0,
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

interface Module {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly globals: number;
  readonly limits: ReadonlyMap<number, readonly Limits[]>;
}

function readModule(file: string, bytes: Uint8Array): Module {
  const limits = new Map<number, Limits[]>();
  for (const section of sections(bytes)) {
    if (section.id === TABLE_SECTION || section.id === MEMORY_SECTION)
      limits.set(section.id, sectionLimits(bytes, section, file));
  }
  const globals = countGlobals(bytes);
  if (globals > GLOBALS) throw unsafe(file, `defines ${globals} globals, and at most ${GLOBALS} are supported`);
  return { file, bytes, globals, limits };
}

/** Shares `total` among limits: each keeps its minimum, and the rest is dealt out evenly up to what each may want. */
function share(all: readonly Limits[], total: number): Map<Limits, number> {
  const headroom = (limits: Limits) => (limits.max ?? Number.POSITIVE_INFINITY) - limits.min;
  const order = all.toSorted((a, b) => (headroom(a) < headroom(b) ? -1 : 1));
  let rest = total - all.reduce((sum, { min }) => sum + min, 0);
  const shares = new Map<Limits, number>();
  for (const [index, limits] of order.entries()) {
    const extra = Math.min(headroom(limits), Math.floor(rest / (order.length - index)));
    shares.set(limits, limits.min + extra);
    rest -= extra;
  }
  return shares;
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}

function rewriteSection(module: Module, section: Section, shares: ReadonlyMap<Limits, number>): Uint8Array {
  const body: number[] = [];
  let from = section.bodyStart;
  for (const limits of module.limits.get(section.id) ?? []) {
    body.push(...module.bytes.subarray(from, limits.start));
    body.push(limits.flags | 0x01, ...leb(limits.min), ...leb(shares.get(limits) ?? limits.min));
    from = limits.end;
  }
  body.push(...module.bytes.subarray(from, section.end));
  return Uint8Array.from([section.id, ...leb(body.length), ...body]);
}

function rewrite(module: Module, shares: ReadonlyMap<Limits, number>): Uint8Array {
  const parts: Uint8Array[] = [module.bytes.subarray(0, 8)];
  for (const section of sections(module.bytes)) {
    const capped = module.limits.has(section.id);
    parts.push(capped ? rewriteSection(module, section, shares) : module.bytes.subarray(section.start, section.end));
  }
  return Buffer.concat(parts);
}

function checkMinimum(memories: readonly Limits[], globalPages: number, memory: number): void {
  const needed = memories.reduce((sum, { min }) => sum + min, globalPages) * PAGE;
  if (needed <= memory) return;
  const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  const text = `the component needs ${mebibytes(needed)} of memory to start, and the limit is ${mebibytes(memory)}: raise memory under [guest]`;
  throw new HostError('ERR_COMPONENT_START', text);
}

/**
 * Lowers the maxima of the memories that the core modules define, so that they add up to at most `memory` bytes, and
 * those of their tables likewise. Whole pages of globals count as memory. Each module with memory is meant to be
 * instantiated once.
 * @throws {HostError} ERR_COMPONENT_START where the minima alone are larger, ERR_COMPONENT_UNSAFE for memory64 or more
 * globals in a module than any real one has.
 */
export function capMemory(files: ReadonlyMap<string, Uint8Array>, memory: number): Map<string, Uint8Array> {
  const modules = [...files].map(([file, bytes]) => readModule(file, bytes));
  const all = (id: number) => modules.flatMap((module) => module.limits.get(id) ?? []);
  const memories = all(MEMORY_SECTION);
  const tables = all(TABLE_SECTION);
  const globals = modules.reduce((sum, module) => sum + module.globals, 0);
  const globalPages = Math.floor((globals * GLOBAL_SIZE) / PAGE);
  checkMinimum(memories, globalPages, memory);
  if (tables.reduce((sum, { min }) => sum + min, 0) > TABLE_ENTRIES)
    throw new HostError(
      'ERR_COMPONENT_UNSAFE',
      `the component is refused: its tables have over ${TABLE_ENTRIES} entries`,
    );
  const shares = new Map([
    ...share(memories, Math.floor(memory / PAGE) - globalPages),
    ...share(tables, TABLE_ENTRIES),
  ]);
  return new Map(modules.map((module) => [module.file, rewrite(module, shares)]));
}

/** Whether a core module defines a memory or a table of its own, or so many globals that they count as memory. */
export function definesMemory(bytes: Uint8Array): boolean {
  return (
    sections(bytes).some(({ id }) => id === MEMORY_SECTION || id === TABLE_SECTION) ||
    countGlobals(bytes) > REPEATABLE_GLOBALS
  );
}
