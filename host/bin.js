#!/usr/bin/env node
// Plain JavaScript that any Node can parse, so that an old Node gets a sentence and not a syntax error.
const [major] = process.versions.node.split('.').map(Number);
if (major < 26) {
  process.stderr.write(
    `host needs Node 26 or newer; this is Node ${process.versions.node}. In a checkout, "npm ci" installs it and "npx host" runs on it; ` +
      `elsewhere: npx -p node@26 -p wasi-pubsub-host wasi-pubsub-host\n`,
  );
  process.exit(1);
}
const { enableCompileCache, registerHooks } = process.getBuiltinModule('node:module');
/**
 * What mqtt.js, and others, load for browsers and for old Nodes: timers that it never uses here, and a copy of Node's own
 * streams, which gives way to these by itself where it is told to (READABLE_STREAM=disable).
 */
const BUILT_IN = { __proto__: null, 'worker-timers': 'node:timers', 'readable-stream': 'node:stream' };

keepCompiled();
const installed = new URL(import.meta.url).pathname.includes('/node_modules/');
const root = (from) => new URL(from, import.meta.url).href;
resolveByName([
  ...(installed
    ? [[root('../dist/'), '.js', 'module']]
    : ['../src/', './'].map((folder) => [root(folder), '.ts', 'module-typescript'])),
  [new URL('.', import.meta.resolve('zod')).href, '.js', 'module'],
]);
const { main } = await import(installed ? '../dist/host/main.js' : './main.ts');
await main(process.argv.slice(2));

/**
 * Keeps what Node makes of the host's own code, which is most of a start: in the folder of the cache, where that is ours
 * alone, since it is executed.
 */
function keepCompiled() {
  const { homedir } = process.getBuiltinModule('node:os');
  const { join } = process.getBuiltinModule('node:path');
  const { mkdirSync, statSync } = process.getBuiltinModule('node:fs');
  const parent = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'wasi-pubsub-host');
  const directory = join(parent, 'node');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const isOurs = (folder) => {
      const { uid, mode } = statSync(folder);
      return uid === process.getuid?.() && (mode & 0o022) === 0;
    };
    if (isOurs(parent) && isOurs(directory)) enableCompileCache(directory);
  } catch {
    // A start without it is slower, and that is all.
  }
}

/**
 * Our modules, and zod's, name each other by whole file names. Node looks each of them up all the same, with the folders
 * above it, which for hundreds of files takes a third of a start.
 */
function resolveByName(packages) {
  const ours = (specifier, parent) =>
    specifier.startsWith('.') &&
    packages.find(([from, ending]) => specifier.endsWith(ending) && parent?.startsWith(from));
  registerHooks({
    resolve(specifier, context, next) {
      const found = ours(specifier, context.parentURL);
      if (!found) return next(BUILT_IN[specifier] ?? specifier, context);
      return { url: new URL(specifier, context.parentURL).href, format: found[2], shortCircuit: true };
    },
  });
}
