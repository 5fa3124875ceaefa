const MAX = 65_535;

/** The packet ids of one session, 1 to 65,535, given out in turn so that each is used again as late as possible. */
export class PacketIds {
  readonly #taken = new Uint8Array(MAX + 1);
  #last = 0;
  #free = MAX;

  get free(): number {
    return this.#free;
  }

  /** Undefined where none is free. */
  take(): number | undefined {
    if (this.#free === 0) return undefined;
    let id = this.#last;
    do id = id === MAX ? 1 : id + 1;
    while (this.#taken[id] === 1);
    this.#last = id;
    this.occupy(id);
    return id;
  }

  /** Takes a certain one, which was in use before a restart. */
  occupy(id: number): void {
    if (this.#taken[id] === 1) return;
    this.#taken[id] = 1;
    this.#free--;
  }

  /** Goes on after that id. */
  continueAfter(id: number): void {
    this.#last = id;
  }

  release(id: number): void {
    if (this.#taken[id] !== 1) return;
    this.#taken[id] = 0;
    this.#free++;
  }
}
