interface Waiting {
  /** Which PINGREQ of the connection. */
  readonly number: number;
  readonly over: (answered: boolean) => void;
}

/**
 * The PINGREQs of one connection and their answers: a broker answers them in order [MQTT 5, 3.12.4], so the n-th
 * PINGRESP belongs to the n-th PINGREQ, whoever sent it.
 */
export class Pings {
  #sent = 0;
  #answered = 0;
  readonly #waiting: Waiting[] = [];

  /** A PINGREQ was written; `over` is told once whether it was answered before the connection ended. */
  sent(over?: (answered: boolean) => void): void {
    this.#sent++;
    if (over !== undefined) this.#waiting.push({ number: this.#sent, over });
  }

  answered(): void {
    this.#answered++;
    while (this.#waiting[0] !== undefined && this.#waiting[0].number <= this.#answered)
      this.#waiting.shift()?.over(true);
  }

  /** The connection ended. */
  fail(): void {
    for (const { over } of this.#waiting.splice(0)) over(false);
  }
}
