/** The live traces of a rig's oscilloscopes: a watch that asks for the next frame when it has the last, and for coarser ones
 * on a line that cannot carry fine ones in time. */
import { signal } from '@preact/signals';
import { TraceDetail, type Cursor } from 'lab.proto';
import { decode, encode } from '../../protocol/codec';
import type { Refusal } from '../../protocol/refusal';
import { bus } from '../../state/bus';
import type { Rig } from '../../state/rig';
import { unpack, type Wave } from './unpack';

const EVERY = 200; // ms between two frames at least
/** Older than this at its arrival, beyond the line's own delay, and the line is too thin for fine frames. */
const LATE = 600; // ms
const LATE_FRAMES = 4;
/** Coarse frames that come so young say that the line could carry fine ones: one of those takes thrice as long. */
const EARLY = 250, EARLY_FRAMES = 10;

export interface Shown {
  wave: Wave | undefined;
  /** When it was acquired, by the gateway's clock, ns; 0: there is none. */
  time: number;
  /** Why there is nothing newer. */
  why: string;
}

export class LiveTraces {
  /** By the waveform's index. A new map with each frame. */
  readonly traces = signal<Map<number, Shown>>(new Map());
  readonly detail = signal<number>(TraceDetail.FINE);
  readonly ended = signal<Refusal | undefined>(undefined);
  /** When the newest was acquired, by the gateway's clock, ns. */
  newest = 0;
  frames = 0;
  private readonly id: number;
  private cursor: Cursor | undefined;
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private renewedAt = 0;
  private closed = false;
  private late = 0;
  private early = 0;
  private readonly unwatch: () => void;

  constructor(private readonly rig: Rig) {
    this.id = bus.open({ bytes: () => this.request(), answered: (bytes) => this.took(bytes) });
    this.unwatch = bus.line.state.subscribe((state) => state !== 'open' && this.stopRenewal());
  }

  close(): void {
    this.closed = true;
    bus.line.say(this.id);
    bus.line.remove(this.id);
    this.stopRenewal();
    this.unwatch();
  }

  /** Two on their way keep a line of long delay busy; on a thin one the second would only wait behind the first. */
  private get credit(): number {
    return this.closed ? 0 : this.detail.peek() === TraceDetail.FINE ? 2 : 1;
  }

  private request(): Uint8Array {
    return encode({
      token: bus.token,
      seat: this.rig.seat.id.peek(),
      watch: { rig: this.rig.name, credit: this.credit, traces: this.detail.peek(), cursor: this.cursor },
    });
  }

  private took(bytes: Uint8Array): void {
    const answer = decode(bytes);
    const frame = answer.frame;
    if (!answer.ok || !frame || frame.last) {
      bus.line.remove(this.id);
      this.ended.value = bus.refused(answer);
      return;
    }
    bus.clock.heard(answer);
    this.cursor = frame.cursor;
    const before = this.traces.peek();
    this.traces.value = new Map(frame.traces.map((trace) => {
      const wave = unpack(trace), held = before.get(trace.waveform);
      return [trace.waveform, { wave: wave ?? held?.wave, time: wave ? trace.time : held?.time ?? 0, why: trace.why }];
    }));
    this.frames++;
    const newest = Math.max(0, ...frame.traces.map(({ time }) => time));
    if (newest > this.newest) {
      this.newest = newest;
      this.pace(bus.clock.age(newest));
    }
    this.renewSoon();
  }

  /** `age`: of the newest trace at its arrival, ms. */
  private pace(age: number): void {
    const trip = Number.isFinite(bus.clock.roundTrip) ? bus.clock.roundTrip : 0;
    const lag = age - trip / 2;
    const fine = this.detail.peek() === TraceDetail.FINE;
    this.late = fine && lag > LATE ? this.late + 1 : 0;
    this.early = !fine && lag < EARLY ? this.early + 1 : 0;
    if (this.late >= LATE_FRAMES) this.detail.value = TraceDetail.COARSE;
    if (this.early >= EARLY_FRAMES) this.detail.value = TraceDetail.FINE;
  }

  private renewSoon(): void {
    if (this.renewal !== undefined) return;
    this.renewal = setTimeout(() => {
      this.renewal = undefined;
      this.renewedAt = performance.now();
      bus.line.say(this.id);
    }, Math.max(0, this.renewedAt + EVERY - performance.now()));
  }

  private stopRenewal(): void {
    clearTimeout(this.renewal);
    this.renewal = undefined;
  }
}

/** One frame as fine as there are, however thin the line: for what is kept. */
export function finest(rig: Rig): Promise<Map<number, Wave>> {
  const ask = (credit: number) => encode({
    token: bus.token, seat: rig.seat.id.peek(), watch: { rig: rig.name, credit, traces: TraceDetail.FINE },
  });
  return new Promise((resolve, reject) => {
    let credit = 1;
    const id = bus.open({
      bytes: () => ask(credit),
      answered: (bytes) => {
        const answer = decode(bytes);
        credit = 0;
        bus.line.say(id);
        bus.line.remove(id);
        if (!answer.ok) reject(bus.refused(answer));
        else resolve(new Map((answer.frame?.traces ?? []).flatMap((trace): [number, Wave][] => {
          const wave = unpack(trace);
          return wave ? [[trace.waveform, wave]] : [];
        })));
      },
    });
  });
}
