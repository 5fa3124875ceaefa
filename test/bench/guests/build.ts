import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingOf, TOOLCHAINS } from '../../../guests/toolchains.ts';
import { buildGuest } from '../../../src/build.ts';
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

/** Built by cargo, which knows what is up to date; undefined, with a note, where that cannot be. */
function buildRust(note: (text: string) => void): Record<(typeof RUST)[number], string> | undefined {
  const component = (name: string) => here(`./rust/target/wasm32-wasip2/release/bench_${name}.wasm`);
  // What stands in for them builds one crate, not a workspace.
  const { instead: _, ...rustup } = TOOLCHAINS.rust;
  const missing = missingOf(rustup);
  if (missing.length === 0) execFileSync('sh', ['-c', TOOLCHAINS.rust.command], { cwd: here('./rust'), stdio: 'pipe' });
  else if (RUST.every((name) => existsSync(component(name))))
    note(`the Rust guests are as they were built before: ${missing.join(', ')} not found`);
  else {
    note(
      `${missing.join(', ')} not found: the trivial guest is written in WAT, and what needs the other Rust guests is left out`,
    );
    return undefined;
  }
  return Object.fromEntries(RUST.map((name) => [name, component(name)])) as Record<(typeof RUST)[number], string>;
}

async function buildQuickJs(note: (text: string) => void): Promise<Pick<Guests, 'quickJs' | 'quickJsPublishing'>> {
  const build = async (name: string) =>
    (await buildGuest({ folder: here(`./${name}`), out: here(`./${name}/build/${name}.wasm`) })).path;
  try {
    return { quickJs: await build('quickjs'), quickJsPublishing: await build('quickjs-publishing') };
  } catch (error) {
    note(`no QuickJS guests: ${error instanceof Error ? error.message : String(error)}`);
    return {};
  }
}

/**
 * Builds the guests of the benchmark with what is there. Without Rust the trivial one is made from WAT, into `root`.
 * @throws Error with what cargo printed
 */
export async function buildGuests(root: string, note: (text: string) => void): Promise<Guests> {
  const quickJs = await buildQuickJs(note);
  const rust = buildRust(note);
  if (rust !== undefined) return { ...rust, ...quickJs, language: 'Rust' };
  const trivial = join(root, 'trivial.wasm');
  writeFileSync(trivial, await syncGuest());
  return { trivial, ...quickJs, language: 'WAT' };
}
