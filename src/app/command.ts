import { type Command, type CommandOptions, createCommand, type HandlerExport } from '../component/index.ts';
import type { GuestOutcome } from '../guest.ts';

/** Exit code where a component does not come to an end of its own. */
const COMPONENT_FAILED = 3;

/** How a command ended, and what the process ends with for that. */
export interface CommandEnd {
  readonly code: number;
  readonly succeeded: boolean;
  /** Whose exit code it is, and why. */
  readonly text: string;
}

/** `wasi:cli/run`'s result, or what `wasi:cli/exit` was called with, is the guest's own exit code; the rest is ours. */
export function commandEnd(outcome: GuestOutcome): CommandEnd {
  const own = (code: number) => {
    const text = `the command ended: exit code ${code} is its own`;
    return { code, succeeded: code === 0, text };
  };
  const failed = (why: string) => {
    const text = `the command ${why}: exit code ${COMPONENT_FAILED} is the host's`;
    return { code: COMPONENT_FAILED, succeeded: false, text };
  };
  switch (outcome.kind) {
    case 'ok':
      return own(0);
    case 'err':
      return own(1);
    case 'trap':
      return outcome.exitCode === undefined ? failed(`trapped (${outcome.message})`) : own(outcome.exitCode);
    case 'timeout':
      return failed('did not ask for its next message within the binding\'s "timeout"');
    case 'collateral':
    case 'skipped':
      return failed('lost its worker');
    case 'cut':
      return {
        code: 0,
        succeeded: true,
        text: 'the command was cut at the end of "drain": exit code 0 is the host\'s',
      };
  }
}

/** The component's command: run once, never again. */
export class CommandRun {
  readonly #finish = Promise.withResolvers<CommandEnd>();
  #command: Command | undefined;
  #end: CommandEnd | undefined;

  /** Resolves when it has ended and nothing else is to be served, or when it has failed. */
  get finished(): Promise<CommandEnd> {
    return this.#finish.promise;
  }

  /** Undefined while it runs. */
  get end(): CommandEnd | undefined {
    return this.#end;
  }

  /** How many threads it takes up. */
  get workers(): number {
    return this.#command !== undefined && this.#end === undefined ? 1 : 0;
  }

  /** Undefined where there is none. */
  get command(): Command | undefined {
    return this.#command;
  }

  /** `serves`: the host serves on where the command succeeds. */
  async start(options: CommandOptions, handler: HandlerExport, serves: boolean): Promise<void> {
    this.#command = createCommand(options, handler);
    const end = commandEnd(await this.#command.ended);
    this.#end = end;
    const level = end.succeeded ? 'info' : 'error';
    options.telemetry.report({ kind: 'notice', level, text: end.text });
    if (!serves || !end.succeeded) this.#finish.resolve(end);
  }
}
