/** An instrument's whole memory for a report: captured by a command like any other, read in parts, written as CSV. */
import { signal } from '@preact/signals';
import { Format, type CaptureDone } from 'lab.proto';
import { Refusal } from '../../protocol/refusal';
import { bus } from '../../state/bus';
import type { Rig } from '../../state/rig';

const ASKED_EVERY = 500; // ms
const PART = 60_000; // bytes, the most that a ReadFile gives
const ROWS_AT_ONCE = 20_000;
const SIZES: Record<number, number> = { [Format.UINT8]: 1, [Format.INT16_LITTLE]: 2, [Format.FLOAT32_LITTLE]: 4 };

export type Step =
  | { at: 'acquiring' | 'reading'; done: number; whole: number } // bytes; whole 0: not known yet
  | { at: 'failed'; why: string }
  | { at: 'refused'; error: unknown };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export class DeepCapture {
  /** Undefined: nothing is under way, and nothing went wrong. */
  readonly step = signal<Step | undefined>(undefined);
  private capture = 0;
  private cancelled = false;

  constructor(private readonly rig: Rig) {}

  get busy(): boolean {
    const at = this.step.value?.at;
    return at === 'acquiring' || at === 'reading';
  }

  cancel(): void {
    this.cancelled = true;
    this.step.value = undefined;
    if (this.capture) void bus.ask({ capture_cancel: { capture: this.capture } }, { seat: this.rig.seat.id.peek() }).catch(() => {});
  }

  /** The file's content; undefined when it was cancelled or could not be had: `step` says why. */
  async take(waveform: string): Promise<Blob | undefined> {
    this.cancelled = false;
    this.capture = 0;
    this.step.value = { at: 'acquiring', done: 0, whole: 0 };
    try {
      const done = await this.acquire(waveform);
      const codes = done && await this.read(done);
      if (!done || !codes) return undefined;
      this.step.value = undefined;
      return csv(done, codes);
    } catch (error) {
      if (!this.cancelled) this.step.value = error instanceof Refusal ? { at: 'refused', error } : { at: 'failed', why: String(error) };
      return undefined;
    }
  }

  private async acquire(waveform: string): Promise<CaptureDone | undefined> {
    const { seat } = this.rig;
    let { capture: state } = await bus.ask({ capture: { waveform, deep: true, ...seat.commands.next() } },
      { seat: seat.id.peek(), acted: performance.now() });
    this.capture = state!.capture;
    if (this.cancelled) this.cancel(); // before its number was known
    while (!this.cancelled && !state!.complete && !state!.failed) {
      this.step.value = { at: 'acquiring', done: state!.bytes, whole: state!.samples * (SIZES[state!.format] ?? 1) };
      await pause(ASKED_EVERY);
      ({ capture: state } = await bus.ask({ capture_state: { capture: this.capture } }, { seat: seat.id.peek() }));
    }
    if (this.cancelled) return undefined;
    if (!state!.failed) return state;
    this.step.value = { at: 'failed', why: state!.failed };
    return undefined;
  }

  /** The samples' codes: the last bytes of the file, whose head is for other readers. */
  private async read({ session, file, samples, format }: CaptureDone): Promise<Uint8Array | undefined> {
    const wanted = samples * (SIZES[format] ?? 1);
    let whole = new Uint8Array(wanted), offset = 0, size = Infinity;
    while (!this.cancelled && offset < size) {
      const { read_file: part } = await bus.ask({ read_file: { session, name: file, offset, length: PART } }, { seat: this.rig.seat.id.peek() });
      if (!part!.data.length) break;
      size = part!.size;
      if (size > whole.length) {
        const wider = new Uint8Array(size);
        wider.set(whole.subarray(0, offset));
        whole = wider;
      }
      whole.set(part!.data, offset);
      offset += part!.data.length;
      this.step.value = { at: 'reading', done: offset, whole: size };
    }
    return this.cancelled || offset < size || offset < wanted ? undefined : whole.subarray(offset - wanted, offset);
  }
}

function reader(codes: Uint8Array, format: number): (index: number) => number {
  const view = new DataView(codes.buffer, codes.byteOffset, codes.byteLength);
  switch (format) {
    case Format.INT16_LITTLE: return (index) => view.getInt16(index * 2, true);
    case Format.FLOAT32_LITTLE: return (index) => view.getFloat32(index * 4, true);
    default: return (index) => codes[index]!;
  }
}

/** In pieces: a memory of millions of samples is no single string of a phone's. */
function csv(done: CaptureDone, codes: Uint8Array): Blob {
  const code = reader(codes, done.format);
  const pieces = [`time / s,${done.waveform} / ${done.unit}\r\n`];
  for (let from = 0; from < done.samples; from += ROWS_AT_ONCE) {
    let rows = '';
    for (let i = from; i < Math.min(from + ROWS_AT_ONCE, done.samples); i++)
      rows += `${Number((done.time_first + i * done.time_step).toPrecision(9))},${Number(((code(i) - done.code_zero) * done.value_step).toPrecision(6))}\r\n`;
    pieces.push(rows);
  }
  return new Blob(pieces, { type: 'text/csv' });
}
