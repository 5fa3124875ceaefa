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
await keepCompiled();
const installed = new URL(import.meta.url).pathname.includes('/node_modules/');
const { main } = await import(installed ? '../dist/host/main.js' : './main.ts');
await main(process.argv.slice(2));

/**
 * Keeps what Node makes of the host's own code, which is most of a start: in the folder of the cache, where that is ours
 * alone, since it is executed.
 */
async function keepCompiled() {
  const [{ enableCompileCache }, { homedir }, { join }, { mkdirSync, statSync }] = await Promise.all([
    import('node:module'),
    import('node:os'),
    import('node:path'),
    import('node:fs'),
  ]);
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
