import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildGuest } from '../../../guests/build.ts';
import { type Transpiled, transpileWithJco } from '../../../src/component/transpile.ts';
import type { GuestContext } from '../../../src/guest.ts';
import { createImports } from '../../../src/interfaces/index.ts';
import type { PubsubEvent } from '../../../src/types.ts';
import { fakeContext } from '../../interfaces/context.ts';
import { tempDirectory } from '../../support/temp.ts';

declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

type Command = { readonly run: { run(): Promise<void> } };

/** Transpiles a guest that exports `wasi:cli/run@<version>` and reads a stream, as jco does it. */
export async function transpileCommand(name: string, version: string): Promise<Transpiled> {
  const { path } = await buildGuest(name);
  const waits = ['publish', 'receive', 'stream'].map((name) => `wasi:pubsub/data-basic@0.1.0#${name}`);
  return await transpileWithJco(readFileSync(path), {
    mode: 'jspi',
    asyncImports: waits,
    asyncExports: [`wasi:cli/run@${version}#run`],
  });
}

let modules = 0;

/** An instance of what was transpiled, with its code or that code changed. */
export async function instanceOf({ cores }: Transpiled, code: string, context: GuestContext): Promise<Command> {
  const path = join(tempDirectory('streams'), `${++modules}.mjs`);
  writeFileSync(path, code);
  const generated = await import(/* @vite-ignore */ pathToFileURL(path).href);
  const core = (file: string) => new WebAssembly.Module(cores.get(file) ?? new Uint8Array());
  return generated.instantiate(core, createImports(context));
}

/** A stream that hands out `count` events, one for each read. */
function events(count: number, onNext: (index: number) => void): AsyncIterable<PubsubEvent> {
  const data = Buffer.alloc(200, 'x');
  let index = 0;
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        onNext(index);
        if (index === count) return { done: true, value: undefined };
        return { done: false, value: { id: String(index++), source: '/s', type: 't', data } };
      },
    }),
  };
}

/** A command that reads a stream to its end. */
export interface Reader {
  readonly transpiled: Transpiled;
  readonly args: readonly string[];
}

/** Events a second that the guest reads; publishes are acknowledged at once. */
export async function rate(
  { transpiled, args }: Reader,
  code: string,
  count: number,
  onNext: (index: number) => void = () => {},
): Promise<number> {
  const context: GuestContext = {
    ...fakeContext({ args: ['guest.wasm', ...args] }),
    publish: async () => ({ ok: true, value: undefined }),
    stream: async () => ({ ok: true, value: events(count, onNext) }),
  };
  const { run } = await instanceOf(transpiled, code, context);
  const started = performance.now();
  await run.run();
  return (count / (performance.now() - started)) * 1000;
}
