/** The last minutes of a number, for curves: a ring of fixed size, so that a page left open for a day stays small. */
export const HISTORY_SAMPLES = 4096;

export class History {
  private readonly times = new Float64Array(HISTORY_SAMPLES); // s
  private readonly values = new Float64Array(HISTORY_SAMPLES); // NaN: not known
  private first = 0;
  count = 0;

  /** `time` in s of any clock that only grows; older than the last one is dropped. */
  add(time: number, value: number): void {
    if (this.count && time <= this.times[this.at(this.count - 1)]!) return;
    const at = this.at(this.count);
    this.times[at] = time;
    this.values[at] = value;
    if (this.count < HISTORY_SAMPLES) this.count++;
    else this.first = (this.first + 1) % HISTORY_SAMPLES;
  }

  /** Something is missing after the last one: a line is not drawn across it. */
  breakOff(): void {
    if (this.count) this.add(this.times[this.at(this.count - 1)]! + 1e-6, NaN);
  }

  /** What is not older than `since`, as two plain columns. */
  columns(since: number): { times: number[]; values: (number | null)[] } {
    const times: number[] = [], values: (number | null)[] = [];
    for (let i = 0; i < this.count; i++) {
      const at = this.at(i);
      if (this.times[at]! < since) continue;
      const value = this.values[at]!;
      times.push(this.times[at]!);
      values.push(Number.isNaN(value) ? null : value);
    }
    return { times, values };
  }

  private at(index: number): number {
    return (this.first + index) % HISTORY_SAMPLES;
  }
}
