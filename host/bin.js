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
const installed = new URL(import.meta.url).pathname.includes('/node_modules/');
const { main } = await import(installed ? '../dist/host/main.js' : './main.ts');
await main(process.argv.slice(2));
