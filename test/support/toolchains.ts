import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { LANGUAGES, type LanguageName } from '../../host/languages.ts';
import { findProgram } from './process.ts';

/** Programs that each template is built with; what `host build` needs comes with this package. */
const PROGRAMS: Readonly<Record<Exclude<LanguageName, 'rust'>, readonly string[]>> = {
  ts: [],
  js: [],
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

/** Debian's rustc-web, cargo-web and rust-web-src, which lie beside whatever rustup has installed. */
const DEBIAN_RUST = ['/usr/bin/cargo', '/usr/bin/rustc', '/usr/lib/rustlib/src/rust'];

/**
 * Builds the Rust template without the target wasm32-wasip2, which no package registry has, into the same file. For
 * wasip2 the standard library cannot be built from source; the guest needs nothing of WASI.
 */
const DEBIAN_RUST_BUILD = [
  'mkdir -p target/wasm32-wasip2/release',
  'RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Clinker=wasm-ld-19 /usr/bin/cargo build --release --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort',
  `wasm-tools component new target/wasm32-unknown-unknown/release/guest.wasm -o ${LANGUAGES.rust.component}`,
].join(' && ');

/** The template's own command, or what builds it here in its stead. */
export function buildCommand(lang: LanguageName): string {
  return lang === 'rust' && !hasRustTarget() ? DEBIAN_RUST_BUILD : LANGUAGES[lang].build;
}

function missingRust(): string | undefined {
  if (hasRustTarget()) return undefined;
  const packages = DEBIAN_RUST.every((path) => existsSync(path));
  const programs = ['wasm-ld-19', 'wasm-tools'].every((program) => findProgram(program) !== undefined);
  return packages && programs ? undefined : 'the target wasm32-wasip2';
}

/** What is missing here to build a guest in that language; `.ci/toolchains` installs it. */
export function missingToolchain(lang: LanguageName): string | undefined {
  if (lang === 'rust') return missingRust();
  const missing = PROGRAMS[lang].filter((program) => findProgram(program) === undefined);
  return missing.length > 0 ? missing.join(', ') : undefined;
}
