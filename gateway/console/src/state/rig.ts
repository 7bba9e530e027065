/** One rig as it is looked at: its points, their live values, its status. Views read the signals. */
import { batch, computed, effect, signal, type Signal } from '@preact/signals';
import { Quality, Type, type Frame, type Interlock, type Point, type RigDetail, type RigStatus, type Value } from 'lab.proto';
import { Watch } from '../protocol/watch';
import type { Refusal } from '../protocol/refusal';
import { bus } from './bus';
import { History } from './history';
import { Seat } from './seat';

const NANOSECOND = 1e-9;
/** Polls; what has not changed is not sent, and such a pause in between is no slope. */
const HOLDS_AFTER = 3;

/** A point with its value as last heard. */
export interface LivePoint {
  point: Point;
  value: Signal<Value | undefined>;
  history: History | undefined; // of numbers
}

export class Rig {
  readonly detail = signal<RigDetail | undefined>(undefined);
  readonly status = signal<RigStatus | undefined>(undefined);
  readonly points = signal<LivePoint[]>([]);
  /** When the last frame came, by performance.now(); 0: none yet. */
  readonly heardAt = signal(0);
  /** The stream ended, and why. */
  readonly ended = signal<Refusal | undefined>(undefined);
  readonly seat: Seat;
  /** Who wants every frame as it comes. */
  readonly followers = new Set<(frame: Frame) => void>();
  /** Up to when something is missing that the gateway no longer has, by its clock in s; 0: nothing. */
  readonly goneUntil = signal(0);
  /** Of seats that the stream leaves unnamed, as far as they were asked for. */
  readonly names = signal<ReadonlyMap<number, string>>(new Map());

  private byIndex = new Map<number, LivePoint>();
  private byName = new Map<string, LivePoint>();
  private watch: Watch | undefined;
  private closed = false;
  private readonly stop: () => void;
  private readonly stopSeat: () => void;

  constructor(readonly name: string) {
    this.seat = new Seat(this);
    this.stop = effect(() => this.seat.follow(this.status.value));
    // Who watches without a seat is counted among the spectators.
    this.stopSeat = this.seat.id.subscribe(() => this.watch?.renew());
    void this.load();
  }

  close(): void {
    this.closed = true;
    this.watch?.close();
    this.seat.close();
    this.stop();
    this.stopSeat();
  }

  point(name: string): LivePoint | undefined {
    return this.byName.get(name);
  }

  readonly outputs = computed(() => this.points.value.filter(({ point }) => point.output));
  /** What is only looked at; a read-back is shown with its output. */
  readonly inputs = computed(() => {
    const readbacks = new Set(this.outputs.value.map(({ point }) => point.readback));
    return this.points.value.filter(({ point }) => !point.output && !readbacks.has(point.name));
  });
  readonly numbers = computed(() => this.inputs.value.filter(({ history }) => history));

  /** The rules that concern an output. */
  rulesOf(point: Point): Interlock[] {
    return this.detail.value?.interlocks.filter(({ points }) => points.includes(point.name)) ?? [];
  }

  get lag(): number {
    return this.watch?.lag.value ?? 0;
  }

  private async load(): Promise<void> {
    try {
      const { show } = await bus.ask({ show: { rig: this.name } });
      if (this.closed) return;
      this.take(show!);
      this.watch ??= new Watch(bus, {
        rig: this.name,
        seat: () => this.seat.id.peek(),
        frame: (frame) => this.heard(frame),
        ended: (refusal) => this.closed || (this.ended.value = refusal),
      });
    } catch (refusal) {
      this.ended.value = refusal as Refusal;
    }
  }

  private take(detail: RigDetail): void {
    const points = detail.points.map((point): LivePoint => ({
      point,
      value: signal<Value | undefined>(undefined),
      history: point.type === Type.NUMBER || point.type === Type.INTEGER ? new History() : undefined,
    }));
    this.byIndex = new Map(points.map((live) => [live.point.index, live]));
    this.byName = new Map(points.map((live) => [live.point.name, live]));
    batch(() => {
      this.points.value = points;
      this.detail.value = detail;
      this.status.value = detail.rig?.status;
      detail.values.forEach((value) => this.takeValue(value));
    });
  }

  private heard(frame: Frame): void {
    if (frame.layout !== this.detail.peek()?.layout) {
      void this.load(); // the configuration is another one
      return;
    }
    batch(() => {
      this.heardAt.value = performance.now();
      if (frame.gap) this.breakOff();
      if (frame.status) this.status.value = frame.status;
      frame.values.forEach((value) => this.takeValue(value, !frame.full));
      this.followers.forEach((follower) => follower(frame));
    });
  }

  private breakOff(): void {
    this.goneUntil.value = bus.clock.now() * NANOSECOND;
    this.points.peek().forEach(({ history }) => history?.breakOff());
  }

  /** `follows`: nothing was left out since the value before, so that one held until now. */
  private takeValue(value: Value, follows = false): void {
    const live = this.byIndex.get(value.index);
    if (!live) return;
    const before = live.value.peek();
    const pause = value.time - (before?.time ?? value.time);
    if (follows && pause > HOLDS_AFTER * live.point.poll && before?.quality === Quality.GOOD)
      live.history?.add((value.time - live.point.poll) * NANOSECOND, before.number);
    live.value.value = value;
    if (value.time) live.history?.add(value.time * NANOSECOND, value.quality === Quality.GOOD ? value.number : NaN);
  }
}

/** The rig that is looked at now. */
export const looking = signal<Rig | undefined>(undefined);

export function lookAt(name: string): void {
  if (looking.peek()?.name === name) return;
  looking.peek()?.close();
  looking.value = name ? new Rig(name) : undefined;
}
