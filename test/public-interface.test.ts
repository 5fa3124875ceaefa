import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as library from '../src/index.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const INDEX = 'src/index.ts';
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

interface Exported {
  readonly name: string;
  readonly typeOnly: boolean;
  /** The file that it is exported from. */
  readonly from: string;
}

/** What a file re-exports by name. */
function reexports(file: string): Exported[] {
  const statements = [...read(file).matchAll(/^export (type )?\{([^}]*)\} from '([^']+)';/gm)];
  return statements.flatMap(([, type, names = '', from = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((name) => ({
        name: name.replace(/^type /, ''),
        typeOnly: type !== undefined || name.startsWith('type '),
        from: join(dirname(file), from),
      })),
  );
}

/** The comment above a declaration; empty where there is none, undefined where the file does not declare it. */
function docstring({ name, from }: Pick<Exported, 'name' | 'from'>): string | undefined {
  const declaration = new RegExp(
    `(/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/\\n)?^export (?:async )?(?:interface|type|class|function|const) ${name}\\b`,
    'm',
  ).exec(read(from));
  if (declaration !== null) return declaration[1] ?? '';
  const further = reexports(from).find((each) => each.name === name);
  if (further !== undefined) return docstring(further);
  const all = [...read(from).matchAll(/^export type \* from '([^']+)';/gm)].map(([, file = '']) => file);
  return all.map((file) => docstring({ name, from: join(dirname(from), file) })).find((text) => text !== undefined);
}

/** The names in code in the first column of the table below the heading. */
function namesInReadme(): string[] {
  const [, section = ''] = /^### What it exports\n([\s\S]*?)^#/m.exec(read('README.md')) ?? [];
  const cells = section.split('\n').filter((line) => line.startsWith('| `'));
  return cells.flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
}

const exported = reexports(INDEX);

describe('the public interface', () => {
  it('is re-exported name by name, with nothing beside', () => {
    const others = read(INDEX)
      .replaceAll(/^export (type )?\{[^}]*\} from '[^']+';/gm, '')
      .replaceAll(/\/\*\*[\s\S]*?\*\//g, '');
    expect(others.trim()).toBe('');
    const values = exported.filter(({ typeOnly }) => !typeOnly).map(({ name }) => name);
    expect(values.toSorted()).toEqual(Object.keys(library).toSorted());
  });

  it('is what the README lists', () => {
    const listed = namesInReadme();
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed.toSorted()).toEqual(exported.map(({ name }) => name).toSorted());
  });

  it('has a docstring for each name', () => {
    expect(exported.filter((each) => !docstring(each)).map(({ name }) => name)).toEqual([]);
  });

  it('has error codes that the README explains', () => {
    const [, union = ''] = /export type HostErrorCode =([\s\S]*?);/.exec(read('src/errors.ts')) ?? [];
    const codes = [...union.matchAll(/'(ERR_\w+)'/g)].map(([, code = '']) => code);
    const [, section = ''] = /^### Errors\n([\s\S]*?)^#/m.exec(read('README.md')) ?? [];
    expect(codes.length).toBeGreaterThan(20);
    expect([...new Set(section.match(/ERR_\w+/g))].toSorted()).toEqual(codes.toSorted());
  });
});
