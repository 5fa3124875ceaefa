import type { BindingConfig } from '../config/model.ts';
import type { Telemetry } from '../status.ts';
import type { IncomingMessage } from '../types.ts';
import type { Arrival } from './arrival.ts';

/** What one binding tells about its messages beside their outcomes; what would be said of each is said once. */
export class PushNotices {
  readonly #binding: BindingConfig;
  readonly #telemetry: Telemetry;
  #toldQos = false;
  #toldFilter = false;

  constructor(binding: BindingConfig, telemetry: Telemetry) {
    this.#binding = binding;
    this.#telemetry = telemetry;
  }

  repeat({ topic }: IncomingMessage, found: 'running' | 'marker'): void {
    if (this.#telemetry.wants('debug'))
      this.#telemetry.report({ kind: 'repeat', binding: this.#binding.name, topic, found });
  }

  spilled(arrivals: readonly Arrival[]): void {
    const counts = new Map<string, number>();
    for (const { topic } of arrivals) counts.set(topic, (counts.get(topic) ?? 0) + 1);
    for (const [topic, count] of counts)
      this.#telemetry.report({ kind: 'spilled', binding: this.#binding.name, topic, count });
  }

  /** A persistent session may still deliver what an earlier configuration subscribed to. */
  foreign({ topic }: IncomingMessage): void {
    this.#telemetry.report({ kind: 'dropped', binding: this.#binding.name, reason: 'no-filter', count: 1 });
    if (this.#toldFilter) return;
    this.#toldFilter = true;
    this.#warn(`"${topic}" matches none of the binding's filters: acknowledged and dropped, said once`);
  }

  lowerQos({ topic, qos }: IncomingMessage): void {
    if (this.#toldQos) return;
    this.#toldQos = true;
    this.#warn(
      `a message on "${topic}" arrived at qos ${qos}, below the binding's ${this.#binding.qos}: its producer ` +
        `published it so, and qos ${qos} is all that can be promised for it (said once)`,
    );
  }

  #warn(text: string): void {
    this.#telemetry.report({ kind: 'notice', level: 'warn', binding: this.#binding.name, text });
  }
}
