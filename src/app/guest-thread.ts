import { startEarly } from '../component/pool/early.ts';

/** The worker's own composition root, beside this file in the source and in the published package. */
export const WORKER_URL = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/** For a process that is going to run one component, and knows it before it has loaded what runs it. */
export function startGuestThread(): void {
  startEarly(WORKER_URL);
}
