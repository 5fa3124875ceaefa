/** A label's value; names are those that Prometheus allows, `[a-zA-Z_][a-zA-Z0-9_]*`. */
export type Labels = Readonly<Record<string, string | number | boolean>>;
export type Sample = readonly [labels: Labels, value: number];

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function numberOf(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function labelsOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Counts of observed values by upper bound. */
export interface HistogramState {
  /** Ascending. */
  readonly bounds: readonly number[];
  /** How many fell between the bound before and this one; one more entry than bounds, for what is above the last. */
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

/** Builds a page in the Prometheus text format, version 0.0.4. A family must be added once, with all its samples. */
export class Exposition {
  readonly #lines: string[] = [];

  counter(name: string, help: string, samples: readonly Sample[]): void {
    this.#simple(name, 'counter', help, samples);
  }

  gauge(name: string, help: string, samples: readonly Sample[]): void {
    this.#simple(name, 'gauge', help, samples);
  }

  histogram(name: string, help: string, series: readonly (readonly [labels: Labels, state: HistogramState])[]): void {
    if (series.length === 0) return;
    this.#head(name, 'histogram', help);
    for (const [labels, { bounds, counts, sum }] of series) {
      let below = 0;
      for (let i = 0; i <= bounds.length; i++) {
        below += counts[i] ?? 0;
        const le = numberOf(bounds[i] ?? Number.POSITIVE_INFINITY);
        this.#sample(`${name}_bucket`, { ...labels, le }, below);
      }
      this.#sample(`${name}_sum`, labels, sum);
      this.#sample(`${name}_count`, labels, below);
    }
  }

  toString(): string {
    return this.#lines.join('');
  }

  #simple(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): void {
    if (samples.length === 0) return;
    this.#head(name, type, help);
    for (const [labels, value] of samples) this.#sample(name, labels, value);
  }

  #head(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): void {
    const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    this.#lines.push(`# HELP ${name} ${escaped}\n# TYPE ${name} ${type}\n`);
  }

  #sample(name: string, labels: Labels, value: number): void {
    this.#lines.push(`${name}${labelsOf(labels)} ${numberOf(value)}\n`);
  }
}
