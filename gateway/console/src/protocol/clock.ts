/** The gateway's clock as seen from here: for the freshness of commands, and for the age of what is shown.
 * Source: docs/protocol.md, "Freshness". */
import type { Answer } from 'lab.proto';

const MILLISECOND = 1e6; // ns
/** Two oscillators drift apart by up to 0.1 ms a second, so an old comparison is forgotten. */
const KEPT = 60_000; // ms

interface Comparison {
  time: number; // the gateway's, ns
  at: number; // ours at its arrival, ms
}

export class GatewayClock {
  boot = 0;
  private best: Comparison | undefined;
  /** The shortest round trip of late, ms. */
  roundTrip = Infinity;
  private roundTripAt = 0;

  /** `sent`: when the request left, for an answer that came at once; undefined for a frame of a watch. */
  heard(answer: Answer, sent?: number): void {
    const at = performance.now();
    if (answer.boot !== this.boot) {
      this.boot = answer.boot;
      this.best = undefined;
    }
    const stale = !this.best || at - this.best.at > KEPT;
    // Frames may have waited on their way: of two, the one that puts the gateway's clock later is nearer the truth.
    if (stale || answer.time - at * MILLISECOND > this.best!.time - this.best!.at * MILLISECOND)
      this.best = { time: answer.time, at };
    if (sent === undefined) return;
    const trip = at - sent;
    if (trip < this.roundTrip || at - this.roundTripAt > KEPT) {
      this.roundTrip = trip;
      this.roundTripAt = at;
    }
  }

  /** What a command carries that was given at `acted`. */
  freshness(acted: number): { seen: number; elapsed: number } {
    if (!this.best) return { seen: 0, elapsed: 0 };
    return { seen: this.best.time, elapsed: Math.max(0, Math.round((acted - this.best.at) * MILLISECOND)) };
  }

  /** The gateway's clock now, in ns, or 0 when nothing is known of it. */
  now(): number {
    if (!this.best) return 0;
    const onTheWay = Number.isFinite(this.roundTrip) ? this.roundTrip / 2 : 0;
    return this.best.time + (performance.now() - this.best.at + onTheWay) * MILLISECOND;
  }

  /** How old something of the gateway's time is, ms. */
  age(time: number): number {
    return Math.max(0, (this.now() - time) / MILLISECOND);
  }
}
