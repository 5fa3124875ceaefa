import { runWorker } from './component/worker/index.ts';
import { createImports } from './interfaces/index.ts';

await runWorker(createImports);
