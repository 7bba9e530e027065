/** A rig's stream: one request, many frames. The page decides how many it gets by when it renews its credit: a line
 * that falls behind is asked for less, so that it always carries the newest state instead of a queue of old ones. */
import { signal } from '@preact/signals';
import type { Cursor, Frame } from 'lab.proto';
import type { Bus } from './bus';
import { decode, encode } from './codec';
import { Refusal } from './refusal';

const CREDIT = 2;
const EVERY_LEAST = 200, EVERY_MOST = 2_000; // ms between two frames
/** A frame that comes so much later than the line's own delay has waited behind others. */
const LAG_MOST = 400; // ms
const SLOWER = 1.5, FASTER = 0.95;

export interface WatchOptions {
  rig: string;
  seat: () => number;
  /** `gap`: something between the last frame and this one is gone for good. */
  frame: (frame: Frame) => void;
  ended: (refusal: Refusal) => void;
}

export class Watch {
  /** How late the last frame was beyond the line's own delay, ms. */
  readonly lag = signal(0);
  /** The least time between frames that the line bears now, ms. */
  every = EVERY_LEAST;

  private readonly id: number;
  private credit = CREDIT;
  private cursor: Cursor | undefined;
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private renewedAt = 0;
  private readonly unwatch: () => void;

  constructor(private readonly bus: Bus, private readonly options: WatchOptions) {
    this.id = bus.open({ bytes: () => this.request(), answered: (bytes) => this.took(bytes) });
    this.unwatch = bus.line.state.subscribe((state) => state !== 'open' && this.stopRenewal());
  }

  close(): void {
    this.credit = 0;
    this.bus.line.say(this.id);
    this.forget();
  }

  private request(): Uint8Array {
    return encode({
      token: this.bus.token,
      seat: this.options.seat(),
      watch: { rig: this.options.rig, credit: this.credit, cursor: this.cursor },
    });
  }

  private forget(): void {
    this.stopRenewal();
    this.unwatch();
    this.bus.line.remove(this.id);
  }

  private took(bytes: Uint8Array): void {
    const answer = decode(bytes);
    const frame = answer.frame;
    if (!answer.ok || !frame || frame.last) {
      this.forget();
      this.options.ended(this.bus.refused(answer));
      return;
    }
    this.bus.clock.heard(answer);
    this.pace(this.bus.clock.age(answer.time));
    this.cursor = frame.cursor;
    this.options.frame(frame);
    this.renewSoon();
  }

  private pace(age: number): void {
    const trip = Number.isFinite(this.bus.clock.roundTrip) ? this.bus.clock.roundTrip : 0;
    const lag = Math.max(0, age - trip / 2);
    this.lag.value = lag;
    this.every = lag > LAG_MOST
      ? Math.min(this.every * SLOWER, EVERY_MOST)
      : Math.max(this.every * FASTER, EVERY_LEAST);
  }

  private renewSoon(): void {
    if (this.renewal !== undefined) return;
    const due = this.renewedAt + this.every - performance.now();
    this.renewal = setTimeout(() => {
      this.renewal = undefined;
      this.renewedAt = performance.now();
      this.bus.line.say(this.id);
    }, Math.max(0, due));
  }

  private stopRenewal(): void {
    clearTimeout(this.renewal);
    this.renewal = undefined;
  }
}
