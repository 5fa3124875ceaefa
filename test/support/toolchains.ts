import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { LanguageName } from '../../host/languages.ts';
import { findProgram } from './process.ts';

/** Programs that each template is built with; what `host build` needs comes with this package. */
const PROGRAMS: Readonly<Record<LanguageName, readonly string[]>> = {
  ts: [],
  js: [],
  rust: ['cargo', 'rustc'],
  python: ['componentize-py'],
  c: ['make', 'clang-19', 'wasm-ld-19', 'wasm-tools'],
  go: ['make', 'go', 'wasm-tools'],
};

function hasRustTarget(): boolean {
  try {
    const folder = execFileSync('rustc', ['--print', 'target-libdir', '--target', 'wasm32-wasip2'], {
      encoding: 'utf8',
    });
    return existsSync(folder.trim());
  } catch {
    return false;
  }
}

/** What is missing here to build a guest in that language; `.ci/toolchains` installs it. */
export function missingToolchain(lang: LanguageName): string | undefined {
  const missing = PROGRAMS[lang].filter((program) => findProgram(program) === undefined);
  if (missing.length > 0) return missing.join(', ');
  return lang === 'rust' && !hasRustTarget() ? 'the target wasm32-wasip2' : undefined;
}
