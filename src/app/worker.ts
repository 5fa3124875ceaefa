import { flushCompileCache } from 'node:module';
import { runWorker } from '../component/worker/index.ts';
import { createImports, loadLinks } from '../interfaces/index.ts';
import { createSurely, type PublishRules } from '../publish/surely.ts';

await runWorker(createImports, loadLinks, (rules) => createSurely(rules as PublishRules));
// A worker is ended without being asked.
setTimeout(flushCompileCache, 1_000).unref();
