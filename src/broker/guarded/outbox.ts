import type { Outbox, OutboxRow, OutgoingEvent } from '../../journal.ts';
import type { Contract } from './contract.ts';

/** How many publishes may be repeated or lost with a session. */
type Lost = Awaited<ReturnType<Outbox['connected']>>;

export interface OutboxHooks {
  /** The session was lost, or may have been, and publishes with it. */
  lost(lost: Lost): void;
  /** A publish became a dead letter. */
  died(letter: { readonly topic: string; readonly error: string; readonly parked: boolean }): void;
}

/** The outbox as a driver has it: its promises never reject, and a row ends once. */
export class GuardedOutbox implements Outbox {
  readonly #outbox: Outbox;
  readonly #contract: Contract;
  readonly #hooks: OutboxHooks;
  readonly #ended = new WeakSet<OutboxRow>();
  #connection: 'none' | 'connecting' | 'told' = 'none';

  constructor(outbox: Outbox, contract: Contract, hooks: OutboxHooks) {
    this.#outbox = outbox;
    this.#contract = contract;
    this.#hooks = hooks;
  }

  /** The driver has told of the connection that is up. */
  get isTold(): boolean {
    return this.#connection === 'told';
  }

  disconnected(): void {
    this.#connection = 'none';
  }

  get size(): number {
    return this.#outbox.size;
  }

  ready(): readonly OutboxRow[] {
    return this.#outbox.ready();
  }

  get(packetId: number): OutboxRow | undefined {
    return this.#outbox.get(packetId);
  }

  load(row: OutboxRow): OutgoingEvent | undefined {
    return this.#outbox.load(row);
  }

  onReady(listener: (rows: readonly OutboxRow[]) => void): void {
    this.#outbox.onReady((rows) => {
      if (!this.#contract.over) this.#contract.call('its listener of onReady()', () => listener(rows), undefined);
    });
  }

  add(event: OutgoingEvent): { readonly row: OutboxRow; readonly committed: Promise<void> } | undefined {
    const added = this.#outbox.add(event);
    return added === undefined ? undefined : { row: added.row, committed: this.#contract.relay(added.committed) };
  }

  reserve(): number | undefined {
    return this.#outbox.reserve();
  }

  unreserve(packetId: number): void {
    this.#outbox.unreserve(packetId);
  }

  connecting(): Promise<void> {
    this.#connection = 'connecting';
    return this.#contract.relay(this.#outbox.connecting());
  }

  async connected(sessionPresent: boolean): Promise<Lost> {
    const fault = () => (this.#connection === 'none' ? 'outbox.connecting() was not called' : undefined);
    if (!this.#contract.accepts('outbox.connected()', fault)) return new Promise(() => {});
    const lost = await this.#contract.relay(this.#outbox.connected(sessionPresent));
    this.#connection = 'told';
    if (lost.mayRepeat > 0 || lost.mayBeLost > 0) this.#hooks.lost(lost);
    return lost;
  }

  release(row: OutboxRow): Promise<void> {
    return this.#contract.relay(this.#outbox.release(row));
  }

  delete(row: OutboxRow): Promise<void> {
    return this.#end('delete', row, () => this.#outbox.delete(row));
  }

  async refuse(row: OutboxRow, reason: string): Promise<void> {
    const topic = this.#topicOf(row);
    await this.#end('refuse', row, () => this.#outbox.refuse(row, reason));
    this.#hooks.died({ topic, error: reason, parked: false });
  }

  async park(row: OutboxRow, reason: string): Promise<void> {
    const topic = this.#topicOf(row);
    await this.#end('park', row, () => this.#outbox.park(row, reason));
    this.#hooks.died({ topic, error: reason, parked: true });
  }

  #topicOf(row: OutboxRow): string {
    return this.#contract.over ? '' : (this.#outbox.load(row)?.topic ?? '');
  }

  #end(how: string, row: OutboxRow, end: () => Promise<void>): Promise<void> {
    const fault = () => (this.#ended.has(row) ? `row ${row.key} had ended already` : undefined);
    if (!this.#contract.accepts(`outbox.${how}()`, fault)) return new Promise(() => {});
    this.#ended.add(row);
    return this.#contract.relay(end());
  }
}
