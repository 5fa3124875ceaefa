import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GENERATED, generate, withoutFunction } from '../../wit/generate.ts';

const HINT = 'npm run generate:wit';

describe('wit/generated', () => {
  it(`is what the contract gives (mend with ${HINT})`, () => {
    const found = readdirSync(GENERATED, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(GENERATED.length + 1));
    const wanted = generate();
    expect(found.sort()).toEqual([...wanted.keys()].sort());
    for (const [path, text] of wanted) expect(readFileSync(join(GENERATED, path), 'utf8'), path).toBe(text);
  });

  it('leaves out a function together with its documentation', () => {
    const text = 'interface a {\n  one: func();\n\n  /// Two.\n  /// More.\n  %two: func(\n    x: u8,\n  ) -> u8;\n}\n';
    expect(withoutFunction(text, 'two')).toBe('interface a {\n  one: func();\n}\n');
  });

  it('refuses to leave out what is not there', () => {
    expect(() => withoutFunction('interface a {\n  one: func();\n}\n', 'two')).toThrow('two');
  });
});
