import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingOf, TOOLCHAINS } from '../../../guests/toolchains.ts';
import { buildGuest } from '../../../src/app/build.ts';
import { syncGuest } from '../../component/support/guests.ts';

/** Paths of the components that the benchmark runs; those that could not be built here are absent. */
export interface Guests {
  /** Looks at the message and is done. */
  readonly trivial: string;
  /** What it is written in. */
  readonly language: 'Rust' | 'WAT';
  /** Publishes what it gets on `out/bench`. */
  readonly publishing?: string;
  /** Fixed work of about 5 ms. */
  readonly working?: string;
  /** Commands: `receive` for ever, and one that reads a stream. */
  readonly receiving?: string;
  readonly streaming?: string;
  /** The trivial handler in JavaScript. */
  readonly quickJs?: string;
  /** And the publishing one. */
  readonly quickJsPublishing?: string;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const RUST = ['trivial', 'publishing', 'working', 'receiving', 'streaming'] as const;
type RustGuest = (typeof RUST)[number];

const rustComponent = (name: string) => here(`./rust/target/wasm32-wasip2/release/bench_${name}.wasm`);
const quickJsComponent = (name: string) => here(`./quickjs${name}/build/quickjs${name}.wasm`);

function missingForRust(): readonly string[] {
  // What stands in for them builds one crate, not a workspace.
  const { instead: _, ...rustup } = TOOLCHAINS.rust;
  return missingOf(rustup);
}

/** Built by cargo, which knows what is up to date; undefined, with a note, where that cannot be. */
function buildRust(prebuilt: boolean, note: (text: string) => void): Record<RustGuest, string> | undefined {
  const missing = prebuilt ? ['--prebuilt'] : missingForRust();
  if (missing.length === 0) execFileSync('sh', ['-c', TOOLCHAINS.rust.command], { cwd: here('./rust'), stdio: 'pipe' });
  else if (RUST.every((name) => existsSync(rustComponent(name))))
    note(`the Rust guests are as they were built before (${missing.join(', ')})`);
  else {
    note(`no Rust guests (${missing.join(', ')}): the trivial one is written in WAT, the others are left out`);
    return undefined;
  }
  return Object.fromEntries(RUST.map((name) => [name, rustComponent(name)])) as Record<RustGuest, string>;
}

async function buildQuickJs(prebuilt: boolean, note: (text: string) => void): Promise<Partial<Guests>> {
  const build = async (name: string) => {
    const out = quickJsComponent(name);
    if (!prebuilt) await buildGuest({ folder: here(`./quickjs${name}`), out });
    else if (!existsSync(out)) throw new Error('they were not built before');
    return out;
  };
  try {
    return { quickJs: await build(''), quickJsPublishing: await build('-publishing') };
  } catch (error) {
    note(`no QuickJS guests: ${error instanceof Error ? error.message : String(error)}`);
    return {};
  }
}

/**
 * Builds the guests of the benchmark with what is there. Without Rust the trivial one is made from WAT, into `root`.
 * @param prebuilt takes what was built before and runs no toolchain
 * @throws Error with what cargo printed
 */
export async function buildGuests(root: string, prebuilt: boolean, note: (text: string) => void): Promise<Guests> {
  const quickJs = await buildQuickJs(prebuilt, note);
  const rust = buildRust(prebuilt, note);
  if (rust !== undefined) return { ...rust, ...quickJs, language: 'Rust' };
  const trivial = join(root, 'trivial.wasm');
  writeFileSync(trivial, await syncGuest());
  return { trivial, ...quickJs, language: 'WAT' };
}
