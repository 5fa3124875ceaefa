import type { HostStatus } from '../../../status.ts';

/** Warnings of one session, each said once however often it reconnects. */
export class Notices {
  readonly #binding: string;
  readonly #report: (status: HostStatus) => void;
  readonly #said = new Set<string>();

  constructor(binding: string, report: (status: HostStatus) => void) {
    this.#binding = binding;
    this.#report = report;
  }

  warn(text: string): void {
    if (this.#said.has(text)) return;
    this.#said.add(text);
    this.#report({ kind: 'notice', level: 'warn', text, binding: this.#binding });
  }
}
