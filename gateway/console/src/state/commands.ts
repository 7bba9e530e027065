/** Commands of a seat, each with what has become of it. A command acts once: its number and its bytes stay the same
 * however often the line has to say it, and the gateway refuses it when it comes too late. */
import { signal, type Signal } from '@preact/signals';
import type { Answer, Point, SetDone } from 'lab.proto';
import { Refusal } from '../protocol/refusal';
import { bus } from './bus';
import type { Seat } from './seat';

export type Wish = number | boolean | string;

export type Press =
  | { state: 'sent'; wish: Wish }
  | { state: 'confirmed' | 'unverified' | 'ramping'; wish: Wish; done: SetDone }
  | { state: 'refused'; wish: Wish; refusal: Refusal };

function scalar(wish: Wish) {
  switch (typeof wish) {
    case 'number': return { number: wish };
    case 'boolean': return { boolean: wish };
    default: return { text: wish };
  }
}

function outcome(wish: Wish, answer: Answer): Press {
  const done = answer.set!;
  return { state: done.ramping ? 'ramping' : done.verified ? 'confirmed' : 'unverified', wish, done };
}

export class Commands {
  private sequence = 0;
  private readonly presses = new Map<string, Signal<Press | undefined>>();

  constructor(private readonly seat: Seat) {}

  /** The number of the seat's last command, when it is taken. */
  begin(sequence: number): void {
    this.sequence = Math.max(this.sequence, sequence);
  }

  /** What tells the next command from all others. */
  next(): { epoch: number; sequence: number } {
    return { epoch: this.seat.epoch, sequence: ++this.sequence };
  }

  /** What has become of the last press of a point. */
  of(point: Point): Signal<Press | undefined> {
    let press = this.presses.get(point.name);
    if (!press) this.presses.set(point.name, press = signal<Press | undefined>(undefined));
    return press;
  }

  /** Nobody moves the plant by this seat any more: what was confirmed is undone, what was on its way will not arrive. */
  overtaken(): void {
    for (const press of this.presses.values())
      if (['confirmed', 'unverified', 'ramping'].includes(press.peek()?.state ?? '')) press.value = undefined;
  }

  async set(point: Point, wish: Wish): Promise<Press> {
    const acted = performance.now();
    const press = this.of(point);
    const mine: Press = press.value = { state: 'sent', wish };
    const end = (result: Press) => {
      if (press.peek() === mine) press.value = result; // a later press may have taken its place
      return result;
    };
    const set = { point: point.name, value: scalar(wish), ...this.next() };
    try {
      const answer = await bus.ask({ set }, { seat: this.seat.id.peek(), acted });
      this.seat.epoch = Math.max(this.seat.epoch, answer.set!.epoch);
      return end(outcome(wish, answer));
    } catch (error) {
      if (error instanceof Refusal) return end({ state: 'refused', wish, refusal: error });
      throw error;
    }
  }
}
