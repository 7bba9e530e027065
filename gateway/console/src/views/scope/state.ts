/** What the screen shows beside the traces: which channel is in hand, what is being dragged, cursors, and the last presses. */
import { computed, signal, type Signal } from '@preact/signals';
import type { Wish } from '../../state/commands';
import type { LivePoint, Rig } from '../../state/rig';
import { LiveTraces } from './live';
import { instruments, isOn, setting, type Channel, type Instrument } from './instrument';
import { measure, type Measured } from './measure';
import { spectrum, type Spectrum } from './spectrum';
import type { Wave } from './unpack';

export type Mode = 'time' | 'spectrum';
export type CursorName = 't1' | 't2' | 'v1' | 'v2';

/** So many presses are shown with what became of them. */
const RECENT = 3;
/** A setting that was let go stays where it was put for so long at most: then the instrument's word counts. */
const DRAFT_MOST = 6_000; // ms
const NEWS_MOST = 2_500; // ms

export class ScopeState {
  readonly live: LiveTraces;
  readonly chosen = signal(0);
  readonly instrument = computed<Instrument | undefined>(() => instruments(this.rig)[this.chosen.value]);
  readonly mode = signal<Mode>('time');
  readonly cursors = signal(false);
  /** Shares of the screen from its left or top. */
  readonly cursor: Record<CursorName, Signal<number>> = { t1: signal(0.35), t2: signal(0.65), v1: signal(0.3), v2: signal(0.7) };
  readonly recent = signal<LivePoint[]>([]);
  readonly busy = signal(false);
  private readonly active = signal('');
  /** Settings as they are being dragged, or until they are read back: a signal each, so that a drag draws anew only what shows it. */
  private readonly drafts = new Map<string, Signal<number | undefined>>();

  constructor(readonly rig: Rig) {
    this.live = new LiveTraces(rig);
  }

  close(): void {
    this.live.close();
  }

  /** Those that are on, the one in hand last: it is drawn over the others. */
  readonly shown = computed(() => {
    const channels = this.instrument.value?.channels.filter(isOn) ?? [];
    const last = this.channel.value;
    return last ? [...channels.filter((each) => each !== last), ...channels.filter((each) => each === last)] : channels;
  });

  /** The channel in hand: what dragging moves and measurements are of. */
  readonly channel = computed<Channel | undefined>(() => {
    const on = this.instrument.value?.channels.filter(isOn) ?? [];
    return on.find(({ name }) => name === this.active.value) ?? on[0];
  });

  choose(channel: Channel): void {
    this.active.value = channel.name;
  }

  wave(channel: Channel | undefined): Wave | undefined {
    return channel && this.live.traces.value.get(channel.waveform)?.wave;
  }

  /** When the newest of what is shown was acquired, by the gateway's clock, ns; 0: nothing was. */
  get acquired(): number {
    return Math.max(0, ...this.shown.value.map(({ waveform }) => this.live.traces.value.get(waveform)?.time ?? 0));
  }

  /** Why there is no newer trace; "" when there is. Computed apart, so that a frame draws a canvas and no elements. */
  readonly why = computed(() => [...this.live.traces.value.values()].find(({ why }) => why)?.why ?? '');

  readonly measured = computed<Measured | undefined>(() => {
    const wave = this.wave(this.channel.value);
    return wave && measure(wave);
  });

  readonly spectrum = computed<Spectrum | undefined>(() => {
    const wave = this.mode.value === 'spectrum' ? this.wave(this.channel.value) : undefined;
    return wave && spectrum(wave);
  });

  /** A setting as it is shown: where it is being dragged to, or as it was read. */
  value(live: LivePoint | undefined, otherwise: number): number {
    return (live && this.draftOf(live).value) ?? setting(live, otherwise);
  }

  private draftOf({ point }: LivePoint): Signal<number | undefined> {
    let draft = this.drafts.get(point.name);
    if (!draft) this.drafts.set(point.name, draft = signal(undefined));
    return draft;
  }

  draft(live: LivePoint | undefined, value: number): void {
    if (!live) return;
    const { minimum, maximum } = live.point;
    const bounded = maximum > minimum ? Math.min(maximum, Math.max(minimum, value)) : value;
    this.draftOf(live).value = bounded;
  }

  private undraft(live: LivePoint, value?: number): void {
    const draft = this.draftOf(live);
    if (value === undefined || draft.peek() === value) draft.value = undefined; // otherwise it was dragged again meanwhile
  }

  /** What was dragged is let go: the command goes out. */
  async release(live: LivePoint | undefined): Promise<void> {
    const value = live && this.draftOf(live).peek();
    if (!live || value === undefined) return;
    if (!this.rig.seat.inControl.peek() || value === setting(live, NaN)) {
      this.undraft(live);
      return;
    }
    const patience = setTimeout(() => this.undraft(live, value), DRAFT_MOST);
    const last = live.value.peek();
    if (await this.press(live, value)) await news(live, last);
    clearTimeout(patience);
    this.undraft(live, value);
  }

  /** A command like any other; what becomes of it stands under the screen. */
  async press(live: LivePoint | undefined, wish: Wish): Promise<boolean> {
    if (!live) return false;
    this.recent.value = [live, ...this.recent.peek().filter((each) => each.point.name !== live.point.name)].slice(0, RECENT);
    const press = await this.rig.seat.commands.set(live.point, wish);
    return press.state === 'confirmed' || press.state === 'unverified';
  }

  get mayPress(): boolean {
    return this.rig.seat.inControl.value;
  }
}

/** Resolves when another value of the point than `last` has come with the stream: a confirmation may be ahead of it. */
function news(live: LivePoint, last: unknown): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      setTimeout(() => unwatch());
      resolve();
    };
    const timer = setTimeout(done, NEWS_MOST);
    const unwatch = live.value.subscribe((value) => { if (value !== last) done(); });
  });
}
