import { runWorker } from './component/worker/index.ts';
import { createImports, loadLinks } from './interfaces/index.ts';

await runWorker(createImports, loadLinks);
