import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How guests of a language are built where `host build` does not: one command, in the guest's folder. */
export interface Toolchain {
  /** A file that only guests of this kind have. */
  readonly marker: string;
  readonly programs: readonly string[];
  readonly command: string;
  /** Path of the component in the guest's folder. */
  component(name: string): string;
  /** What it is made from beside its folder and the contract, as paths from the root of the checkout. */
  readonly inputs?: readonly string[];
  /** What builds the same component in the absence of `programs`. */
  readonly instead?: { readonly programs: readonly string[]; command(name: string): string };
}

const built = (name: string): string => `build/${name}.wasm`;
const crate = (name: string): string => `${name.replaceAll('-', '_')}.wasm`;

/** A target of rustc that is installed counts as a program of that name, and so does a `go` that is new enough. */
const RUST_TARGET = 'wasm32-wasip2';
const GO = 'go 1.24 or newer';

/** Debian's rustc-web, cargo-web and rust-web-src, which lie beside whatever rustup has installed. */
const DEBIAN_RUST = ['/usr/bin/cargo', '/usr/bin/rustc', '/usr/lib/rustlib/src/rust'];

export const TOOLCHAINS = {
  rust: {
    marker: 'Cargo.toml',
    programs: ['cargo', RUST_TARGET],
    command: `cargo build --release --target ${RUST_TARGET}`,
    component: (name) => `target/${RUST_TARGET}/release/${crate(name)}`,
    // The target comes from no package registry; for wasip2 the standard library cannot be built from source, so this is
    // for guests that need nothing of WASI through it. Building it takes two CPU minutes: guests share what comes of that.
    instead: {
      programs: [...DEBIAN_RUST, 'wasm-ld-19', 'wasm-tools'],
      command: (name) =>
        [
          `mkdir -p target/${RUST_TARGET}/release`,
          'export CARGO_TARGET_DIR="$HOME/.cache/wasi-pubsub-host-ci/rust"',
          'RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Clinker=wasm-ld-19 /usr/bin/cargo build --release --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort',
          `wasm-tools component new "$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/${crate(name)}" -o target/${RUST_TARGET}/release/${crate(name)}`,
        ].join(' && '),
    },
  },
  python: { marker: 'app.py', programs: ['make', 'componentize-py'], command: 'make', component: built },
  c: {
    marker: 'main.c',
    programs: ['make', 'clang-19', 'wasm-ld-19', 'wasm-tools'],
    command: 'make',
    component: built,
  },
  go: {
    marker: 'go.mod',
    programs: ['make', GO, 'wasm-tools'],
    command: 'make',
    component: built,
    inputs: ['host/templates/go'],
  },
  starlingmonkey: { marker: 'build.mjs', programs: [], command: 'node build.mjs', component: built },
} as const satisfies Readonly<Record<string, Toolchain>>;

/** The toolchain of the guest in that folder; undefined for what `host build` builds. */
export function toolchainOf(folder: string): Toolchain | undefined {
  return Object.values<Toolchain>(TOOLCHAINS).find(({ marker }) => existsSync(join(folder, marker)));
}

/** What there is of `programs` not here; `.ci/toolchains` installs it. */
export function missingOf(toolchain: Toolchain): readonly string[] {
  const missing = toolchain.programs.filter((program) => !isThere(program));
  const { instead } = toolchain;
  return missing.length > 0 && instead?.programs.every(isThere) ? [] : missing;
}

/** The command that builds `name` here: the toolchain's own where its programs are there. */
export function commandOf(toolchain: Toolchain, name: string): string {
  const { instead } = toolchain;
  return instead === undefined || toolchain.programs.every(isThere) ? toolchain.command : instead.command(name);
}

function isThere(program: string): boolean {
  if (program === RUST_TARGET) return hasRustTarget();
  if (program === GO) return hasGo();
  const folders = program.startsWith('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), program.startsWith('/') ? constants.F_OK : constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function hasRustTarget(): boolean {
  const folder = printedBy('rustc', '--print', 'target-libdir', '--target', RUST_TARGET);
  return folder !== undefined && existsSync(folder);
}

/** From 1.24 on, Go exports functions to WebAssembly; Debian 12 has 1.19. */
function hasGo(): boolean {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(printedBy('go', 'env', 'GOVERSION') ?? '') ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 24);
}

/** Undefined where it cannot be run, or fails. */
function printedBy(program: string, ...args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
