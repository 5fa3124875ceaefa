export type Change = 'raised' | 'cleared';

/** Which sensors are above the threshold. Kept in this instance only: a replaced guest starts with none. */
export class AlertState {
  readonly #raised = new Set<string>();
  readonly #raiseAt: number;
  readonly #clearBelow: number;

  constructor(raiseAt: number, clearBelow: number) {
    this.#raiseAt = raiseAt;
    this.#clearBelow = clearBelow;
  }

  /** What a reading changes, if anything. */
  changeOf(sensor: string, celsius: number): Change | undefined {
    const raised = this.#raised.has(sensor);
    if (!raised && celsius >= this.#raiseAt) return 'raised';
    if (raised && celsius < this.#clearBelow) return 'cleared';
    return undefined;
  }

  apply(sensor: string, change: Change): void {
    if (change === 'raised') this.#raised.add(sensor);
    else this.#raised.delete(sensor);
  }
}
