import { messageOf } from '../../errors.ts';
import type { GuestContext } from '../../guest.ts';
import type { CallMessage, GuestEvent, WorkerOutcome, WorkerSetup } from '../exchange/protocol.ts';
import type { HandlerExport } from '../handler.ts';
import type { Cpu } from './cpu.ts';
import type { Puller } from './event-stream.ts';
import { camelCase, type GeneratedModule, type ImportFactory } from './generated.ts';
import type { Invokes } from './invokes.ts';
import { KeptStacks } from './kept-stack.ts';
import type { Outbox } from './outbox.ts';
import { commandOutcomeOf, outcomeOf } from './outcome.ts';
import type { Publishes } from './publishes.ts';
import type { Pulls } from './pulls.ts';
import { soon } from './soon.ts';
import type { Transactions } from './transactions.ts';
import { type Waiting, yielding } from './yielding.ts';

export interface InstanceParts {
  readonly setup: WorkerSetup;
  readonly generated: GeneratedModule;
  readonly createImports: ImportFactory;
  readonly outbox: Outbox;
  readonly publishes: Publishes;
  /** Where publishes cannot wait. */
  readonly transactions: Transactions | undefined;
  readonly pulls: Pulls;
  readonly invokes: Invokes;
  readonly cpu: Cpu;
}

const OK: WorkerOutcome = { kind: 'ok' };

type Exports = Record<string, unknown>;
type Handler = (...event: readonly GuestEvent[]) => unknown;

function puller({ id, cell, message }: CallMessage): Puller {
  return { call: id, cell, publishing: 0, delivery: message?.delivery, handedAt: undefined, over: false };
}

/** One instance of the guest. Runs one call at a time, and after an outcome `trap` none. */
export class Instance {
  readonly #exports: Exports;
  readonly #pulls: Pulls;
  readonly #stacks = new KeptStacks();
  /** What was called last. */
  #last: { readonly handler: HandlerExport; readonly call: Handler } | undefined;
  /** The call that runs. */
  #current: Puller | undefined;
  /** The same where the guest cannot wait. */
  #running: CallMessage | undefined;

  /** @throws whatever the guest's start function or a missing import throws. */
  constructor(parts: InstanceParts) {
    this.#pulls = parts.pulls;
    this.#exports = instantiate(parts, this.#context(parts), this.#waiting(parts.cpu), this.#stacks);
  }

  /** Calls a handler, or runs a command, and tells how it ended. */
  call(running: CallMessage, ended: (outcome: WorkerOutcome) => void): void {
    const { handler, message } = running;
    const current = puller(running);
    this.#current = current;
    const end = (outcome: WorkerOutcome) => {
      this.#current = undefined;
      this.#pulls.ended(current);
      ended(outcome);
    };
    const failed = (thrown: unknown) => end(message === undefined ? commandOutcomeOf(thrown) : outcomeOf(thrown));
    let returned: unknown;
    try {
      const call = this.#handler(handler);
      returned = message === undefined ? call() : call(message.event);
    } catch (thrown) {
      failed(thrown);
      return;
    }
    Promise.resolve(returned).then(() => end(OK), failed);
  }

  /** The same where the guest cannot wait: without the cost of promises. */
  callSync(running: CallMessage): WorkerOutcome {
    const { handler, message } = running;
    this.#running = running;
    this.#current = puller(running);
    try {
      const call = this.#handler(handler);
      if (message === undefined) call();
      else call(message.event);
      return OK;
    } catch (thrown) {
      return message === undefined ? commandOutcomeOf(thrown) : outcomeOf(thrown);
    } finally {
      this.#current = undefined;
      this.#running = undefined;
    }
  }

  /** It is not called again. */
  end(): void {
    this.#stacks.end();
  }

  #handler(handler: HandlerExport): Handler {
    const last = this.#last;
    // With each batch it is another object.
    if (last?.handler.function === handler.function && last.handler.interface === handler.interface) return last.call;
    const call = this.#find(handler);
    this.#last = { handler, call };
    return call;
  }

  #find(handler: HandlerExport): Handler {
    const from = handler.interface === undefined ? this.#exports : (this.#exports[handler.interface] as Exports);
    return from[camelCase(handler.function)] as Handler;
  }

  #waiting(cpu: Cpu): Waiting {
    return {
      begin: () => {
        const current = this.#current;
        // Not at once: an async function may go on without waiting for what it has asked for.
        if (current !== undefined) soon(() => cpu.leave(current.cell));
        // The call may have ended meanwhile, and its cell be another's.
        return (go) => {
          if (current === undefined || current !== this.#current) go();
          else cpu.enter(current.cell, go);
        };
      },
    };
  }

  #context({ setup, outbox, publishes, transactions, pulls, invokes, cpu }: InstanceParts): GuestContext {
    return {
      env: setup.env,
      args: setup.args,
      mayWait: setup.mode === 'jspi',
      publish: (request) => {
        const current = this.#current;
        return publishes.publish(current, request, current && pulls.unread(current));
      },
      publishNow: transactions === undefined ? undefined : (request) => transactions.publish(this.#running, request),
      receive: (topic) => pulls.receive(this.#current, topic),
      stream: (topic) => pulls.stream(this.#current, topic, this.#waiting(cpu)),
      current: () => this.#current?.delivery,
      invoke: (request) => {
        const current = this.#current;
        return invokes.invoke(current?.call, request, current && pulls.unread(current));
      },
      output: (stream, level, context, text) => outbox.output({ stream, level, context, text }),
    };
  }
}

function instantiate(
  { setup, generated, createImports }: InstanceParts,
  context: GuestContext,
  waiting: Waiting,
  { promising }: KeptStacks,
): Exports {
  const imports = { ...createImports(context) };
  for (const [name, functions] of setup.waits) imports[name] = yielding(imports[name], functions, waiting);
  const instantiated = new Set<WebAssembly.Module>();
  const core = (file: string) => {
    const found = setup.cores.get(file);
    if (found === undefined) throw new Error(`no core module ${file}`);
    return found.module;
  };
  const capped = new Set([...setup.cores.values()].filter((c) => c.definesMemory).map(({ module }) => module));
  const instantiateCore = (module: WebAssembly.Module, coreImports?: WebAssembly.Imports) => {
    if (capped.has(module) && instantiated.has(module))
      throw new Error('the component instantiates a core module with memory more than once, which is not supported');
    instantiated.add(module);
    return new WebAssembly.Instance(module, coreImports);
  };
  return generated.instantiate(core, imports, Object.assign(instantiateCore, { promising }));
}

/** Why an instance could not be made, in one line. */
export function instantiationFault(thrown: unknown): string {
  return messageOf(thrown).split('\n', 1)[0] ?? '';
}
