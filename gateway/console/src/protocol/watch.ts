/** A rig's stream: one request, many frames. The page says how close together it wants them, and wants less of a line that
 * falls behind, so that it always carries the newest state instead of a queue of old ones. */
import { signal } from '@preact/signals';
import type { Cursor, Frame } from 'lab.proto';
import type { Bus } from './bus';
import { decode, encode } from './codec';
import { Refusal } from './refusal';

/** Frames that may be on their way, and after how many they are acknowledged: a round trip by satellite, 600 ms, takes three
 * frames, and what is over bounds what queues on a line that stops. */
const CREDIT = 8, RENEW_AFTER = 4;
const EVERY_LEAST = 200, EVERY_MOST = 2_000; // ms between two frames
/** A frame that comes so much later than that has waited behind others. */
const LAG_MOST = 400; // ms
const SLOWER = 1.5, FASTER = 0.8;
/** So much it changes before the gateway is told at once. */
const TOLD = 1.25;

export interface WatchOptions {
  rig: string;
  seat: () => number;
  /** `gap`: something between the last frame and this one is gone for good. */
  frame: (frame: Frame) => void;
  ended: (refusal: Refusal) => void;
}

export class Watch {
  /** How late the last frame was beyond the line's own delay and the pace that was asked for, ms. */
  readonly lag = signal(0);
  /** The least time between frames that the line bears now, ms. */
  every = EVERY_LEAST;

  private readonly id: number;
  private credit = CREDIT;
  private cursor: Cursor | undefined;
  private told = EVERY_LEAST;
  private frames = 0;
  private slowedAt = -Infinity;

  constructor(private readonly bus: Bus, private readonly options: WatchOptions) {
    this.id = bus.open({ bytes: () => this.request(), answered: (bytes) => this.took(bytes) });
  }

  close(): void {
    this.credit = 0;
    this.bus.line.say(this.id);
    this.bus.line.remove(this.id);
  }

  /** What is asked for is another thing now: not from the next renewal on, but at once. */
  renew(): void {
    this.bus.line.say(this.id);
  }

  private request(): Uint8Array {
    this.frames = 0;
    this.told = Math.round(this.every);
    return encode({
      token: this.bus.token,
      seat: this.options.seat(),
      watch: { rig: this.options.rig, credit: this.credit, cursor: this.cursor, every: this.told },
    });
  }

  private took(bytes: Uint8Array): void {
    const answer = decode(bytes);
    const frame = answer.frame;
    if (!answer.ok || !frame || frame.last) {
      this.bus.line.remove(this.id);
      this.options.ended(this.bus.refused(answer));
      return;
    }
    this.bus.clock.heard(answer);
    this.pace(this.bus.clock.age(answer.time));
    this.cursor = frame.cursor;
    this.options.frame(frame);
    this.frames++;
    const change = this.every / this.told;
    if (this.frames >= RENEW_AFTER || change > TOLD || change < 1 / TOLD) this.bus.line.say(this.id);
  }

  private pace(age: number): void {
    const trip = Number.isFinite(this.bus.clock.roundTrip) ? this.bus.clock.roundTrip : 0;
    // A frame may have waited for its time, as it was asked to.
    const lag = Math.max(0, age - trip / 2 - this.told);
    this.lag.value = lag;
    if (lag <= LAG_MOST) {
      this.every = Math.max(this.every * FASTER, EVERY_LEAST);
    } else if (performance.now() - this.slowedAt > trip + this.told) { // what came since was sent before it knew
      this.every = Math.min(this.every * SLOWER, EVERY_MOST);
      this.slowedAt = performance.now();
    }
  }
}
