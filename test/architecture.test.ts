import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  readonly from: string;
  /** Path from the root, or the name of a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const STATEMENT =
  /^\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(STATEMENT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4] ?? '';
    const to = specifier.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), specifier)) : specifier;
    return { from: file, to, typeOnly: match[1] !== undefined };
  });
}

const files = globSync('{src,host}/**/*.ts', { cwd: ROOT }).filter((file) => !file.startsWith('host/templates/'));
const imports = files.flatMap(importsOf);

const SHARED = [
  'src/types.ts',
  'src/broker.ts',
  'src/journal.ts',
  'src/guest.ts',
  'src/status.ts',
  'src/errors.ts',
  'src/topics.ts',
  'src/backoff.ts',
  'src/words.ts',
  '#failpoint',
];
/** What passes between folders: types alone. */
const PORTS = ['src/broker.ts', 'src/journal.ts', 'src/guest.ts', 'src/status.ts'];
/** The composition roots and their parts, which join the folders. */
const APP = 'src/app/';
/** What users and the command line import; re-exports alone. */
const DOORS = ['src/index.ts', 'src/cli.ts', 'src/early.ts'];

/** Packages that one folder alone may import. */
const OWNERS: Readonly<Record<string, string>> = {
  '@iarna/toml': 'src/config/',
  zod: 'src/config/',
  mqtt: 'src/broker/mqtt/',
  'mqtt-packet': 'src/broker/mqtt/',
  aedes: 'src/broker/embedded/',
  ws: 'src/broker/embedded/',
  'node:sqlite': 'src/journal/',
  '@bytecodealliance/jco-transpile': 'src/component/',
  'componentize-qjs': 'src/toolchain/',
  rolldown: 'src/toolchain/',
};

/** Subfolders and which of their neighbours each may import; files beside them join them and are imported by none. */
const WITHIN: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'src/broker/mqtt/': {
    wire: [],
    connection: ['wire'],
    subscriber: ['wire', 'connection'],
    publisher: ['wire', 'connection'],
  },
  'src/journal/': {
    database: [],
    tables: ['database'],
    'dead-letters': ['database', 'tables'],
    outgoing: ['database', 'tables', 'dead-letters'],
    incoming: ['database', 'tables', 'outgoing'],
    admin: ['database', 'tables', 'dead-letters', 'outgoing', 'incoming'],
  },
};

/** Whether an import keeps to {@link WITHIN}; what lies around such a folder is out of bounds for its subfolders, too. */
function goesDown({ from, to }: Import): boolean {
  const [folder, order] = Object.entries(WITHIN).find(([path]) => from.startsWith(path)) ?? [];
  if (folder === undefined || order === undefined || !from.slice(folder.length).includes('/')) return true;
  const [own = '', target = ''] = [from, to].map((file) => file.slice(folder.length).split('/')[0]);
  if (!to.startsWith(folder)) return !folder.startsWith(folderOf(to));
  return own === target || (order[own]?.includes(target) ?? false);
}

function folderOf(file: string): string {
  return /^src\/[^/]+\//.exec(file)?.[0] ?? file;
}

function allowed({ from, to, typeOnly }: Import): boolean {
  if (from.startsWith('host/')) return !to.startsWith('src/') || DOORS.includes(to);
  if (!to.startsWith('src/') && to !== '#failpoint') return !to.startsWith('host/') && !to.startsWith('test/');
  if (DOORS.includes(from)) return true;
  if (from.startsWith(APP)) return !DOORS.includes(to);
  if (PORTS.includes(from)) return to === 'src/types.ts' || to === 'src/journal.ts';
  if (!from.startsWith('src/') || folderOf(from) === from) return false;
  if (folderOf(from) === folderOf(to)) return true;
  if (from.startsWith('src/events/'))
    return ['src/types.ts', 'src/journal.ts', 'src/guest.ts', 'src/errors.ts', 'src/topics.ts'].includes(to);
  return SHARED.includes(to) || to.startsWith('src/events/') || (to.startsWith('src/config/') && typeOnly);
}

describe('architecture', () => {
  it('finds the imports it judges', () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(imports.some((item) => item.to === 'mqtt')).toBe(true);
  });

  it('lets dependencies point one way', () => {
    expect(imports.filter((item) => !allowed(item)).map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('lets them point one way within a large folder, too', () => {
    expect(imports.filter((item) => !goesDown(item)).map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
    const subfolders = Object.keys(WITHIN).flatMap((folder) => globSync(`${folder}*/`, { cwd: ROOT }));
    const named = Object.entries(WITHIN).flatMap(([folder, order]) => Object.keys(order).map((name) => folder + name));
    expect(subfolders.map((path) => path.replace(/\/$/, '')).toSorted()).toEqual(named.toSorted());
  });

  it('keeps each package in the folder that owns it', () => {
    const strays = imports.filter((item) => {
      const owner =
        OWNERS[
          item.to
            .split('/')
            .slice(0, item.to.startsWith('@') ? 2 : 1)
            .join('/')
        ];
      return owner !== undefined && !item.from.startsWith(owner);
    });
    expect(strays.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('keeps guests apart from the host: only what builds them imports it', () => {
    const guests = globSync('guests/**/*.ts', { cwd: ROOT }).filter((file) => !file.includes('/build/'));
    const strays = guests
      .flatMap(importsOf)
      .filter(
        ({ from, to }) => /^(src|host|test)\//.test(to) && !(from === 'guests/build.ts' && to === 'src/app/build.ts'),
      );
    expect(guests.length).toBeGreaterThan(5);
    expect(strays.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('has no import cycle', () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file) || path.includes(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('keeps files short', () => {
    const lengths = files.map((file) => ({
      file,
      lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1,
    }));
    expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
    const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(120);
  });
});
