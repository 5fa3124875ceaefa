import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the contract, and the one of its generated copies. */
export const WIT = fileURLToPath(new URL('.', import.meta.url));
export const GENERATED = join(WIT, 'generated');

const DATA_BASIC = 'deps/wasi-pubsub/data-basic.wit';

/** What each copy leaves out of `wasi:pubsub/data-basic`. */
const COPIES: Readonly<Record<string, readonly string[]>> = {
  'no-stream': ['stream'],
  'publish-only': ['receive', 'stream'],
};

const NOTE = `# Generated

Copies of the contract in the folder above, made by \`npm run generate:wit\`; do not edit them. A component may import
fewer functions than an interface has, so components built against a copy run like any other.

- \`no-stream\`: \`data-basic\` without \`stream\`, for toolchains without component-model streams.
- \`publish-only\`: \`data-basic\` with \`publish\` alone, for guests that only push: toolchains that import all that a
  world names would otherwise import \`receive\` and \`stream\` too.
`;

/** The contract's own WIT files, by path relative to {@link WIT}. */
function sources(): Map<string, string> {
  const roots = readdirSync(WIT).filter((name) => name.endsWith('.wit'));
  const deps = readdirSync(join(WIT, 'deps'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.wit'))
    .map((name) => join('deps', name));
  return new Map([...roots, ...deps].sort().map((path) => [path, readFileSync(join(WIT, path), 'utf8')]));
}

/** `text` without the function `name` and its documentation. */
export function withoutFunction(text: string, name: string): string {
  const item = new RegExp(String.raw`\n(?:[ \t]*///[^\n]*\n)*[ \t]*%?${name}:\s*(?:async\s+)?func\b[^;]*;\n`);
  if (!item.test(text)) throw new Error(`${DATA_BASIC} has no function ${name}: change COPIES in wit/generate.ts`);
  return text.replace(item, '');
}

/** Every generated file, by path relative to {@link GENERATED}. */
export function generate(): Map<string, string> {
  const files = new Map([['README.md', NOTE]]);
  for (const [copy, omitted] of Object.entries(COPIES))
    for (const [path, text] of sources())
      files.set(join(copy, path), path === join(DATA_BASIC) ? omitted.reduce(withoutFunction, text) : text);
  return files;
}

if (import.meta.main) {
  rmSync(GENERATED, { recursive: true, force: true });
  for (const [path, text] of generate()) {
    const target = join(GENERATED, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  process.stdout.write(`wrote ${relative(process.cwd(), GENERATED)}\n`);
}
