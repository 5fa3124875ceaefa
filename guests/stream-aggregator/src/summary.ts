const decoder = new TextDecoder();

/** Count, bounds and sum of some readings; what is no number is counted as such. */
export class Summary {
  count = 0;
  invalid = 0;
  sum = 0;
  min: number | undefined;
  max: number | undefined;

  add(data: Uint8Array): void {
    this.count += 1;
    const text = decoder.decode(data).trim();
    const value = Number(text);
    if (text === '' || !Number.isFinite(value)) {
      this.invalid += 1;
      return;
    }
    this.sum += value;
    this.min = Math.min(this.min ?? value, value);
    this.max = Math.max(this.max ?? value, value);
  }
}
