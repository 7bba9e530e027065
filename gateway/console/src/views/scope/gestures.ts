/** Fingers and wheel on the screen: one finger moves the trace, two stretch it. What is let go becomes a command. */
import { DIVISIONS, nearestStep, nextStep, setting } from './instrument';
import type { ScopeState } from './state';

const SLOP = 8; // px before a finger means it
const WHEEL_PAUSE = 350; // ms after the last notch

interface Grasp {
  way: 'x' | 'y' | undefined;
  x: number;
  y: number;
  spread: { x: number; y: number } | undefined;
  timeOffset: number;
  offset: number;
  timeScale: number;
  scale: number;
}

export class Gestures {
  private readonly fingers = new Map<number, { x: number; y: number }>();
  private grasp: Grasp | undefined;
  private wheeled: ReturnType<typeof setTimeout> | undefined;
  private readonly off = new AbortController();

  constructor(private readonly state: ScopeState, private readonly element: HTMLElement) {
    const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void) =>
      element.addEventListener(name, act, { signal: this.off.signal, passive: false });
    on('pointerdown', (event) => this.down(event));
    on('pointermove', (event) => this.move(event));
    on('pointerup', (event) => this.up(event));
    on('pointercancel', (event) => this.up(event));
    on('wheel', (event) => this.wheel(event));
  }

  close(): void {
    this.off.abort();
    clearTimeout(this.wheeled);
  }

  private get may(): boolean {
    return this.state.mayPress && this.state.mode.peek() === 'time';
  }

  private begin(): void {
    const at = [...this.fingers.values()];
    const { timeScale, timeOffset } = this.state.instrument.peek() ?? {};
    const channel = this.state.channel.peek();
    this.grasp = {
      way: undefined,
      x: at.reduce((sum, { x }) => sum + x, 0) / at.length,
      y: at.reduce((sum, { y }) => sum + y, 0) / at.length,
      spread: at.length === 2 ? { x: Math.abs(at[0]!.x - at[1]!.x), y: Math.abs(at[0]!.y - at[1]!.y) } : undefined,
      timeOffset: this.state.value(timeOffset, 0), offset: this.state.value(channel?.offset, 0),
      timeScale: this.state.value(timeScale, 1e-3), scale: this.state.value(channel?.scale, 1),
    };
  }

  private down(event: PointerEvent): void {
    if (!this.may || this.fingers.size === 2) return;
    this.element.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.begin();
  }

  private move(event: PointerEvent): void {
    if (!this.fingers.has(event.pointerId) || !this.grasp) return;
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.fingers.size === 2) this.pinch();
    else this.drag();
  }

  private drag(): void {
    const grasp = this.grasp!, [at] = [...this.fingers.values()];
    const dx = at!.x - grasp.x, dy = at!.y - grasp.y;
    if (!grasp.way && Math.max(Math.abs(dx), Math.abs(dy)) > SLOP) grasp.way = Math.abs(dx) > Math.abs(dy) ? 'x' : 'y';
    const { clientWidth: width, clientHeight: height } = this.element;
    const { timeOffset } = this.state.instrument.peek() ?? {};
    if (grasp.way === 'x')
      this.state.draft(timeOffset, Number((grasp.timeOffset - dx / width * DIVISIONS.across * grasp.timeScale).toPrecision(4)));
    if (grasp.way === 'y')
      this.state.draft(this.state.channel.peek()?.offset, Number((grasp.offset - dy / height * DIVISIONS.up * grasp.scale).toPrecision(4)));
  }

  /** The wider way of the two fingers is stretched. */
  private pinch(): void {
    const grasp = this.grasp!, [a, b] = [...this.fingers.values()];
    if (!grasp.spread) return;
    const now = { x: Math.abs(a!.x - b!.x), y: Math.abs(a!.y - b!.y) };
    grasp.way ??= Math.abs(now.x - grasp.spread.x) > SLOP ? 'x' : Math.abs(now.y - grasp.spread.y) > SLOP ? 'y' : undefined;
    if (grasp.way === 'x') this.state.draft(this.state.instrument.peek()?.timeScale, grasp.timeScale * grasp.spread.x / Math.max(10, now.x));
    if (grasp.way === 'y') this.state.draft(this.state.channel.peek()?.scale, grasp.scale * grasp.spread.y / Math.max(10, now.y));
  }

  private up(event: PointerEvent): void {
    if (!this.fingers.delete(event.pointerId) || !this.grasp) return;
    const { way, spread } = this.grasp;
    const instrument = this.state.instrument.peek(), channel = this.state.channel.peek();
    const live = spread ? (way === 'x' ? instrument?.timeScale : channel?.scale) : way === 'x' ? instrument?.timeOffset : channel?.offset;
    if (way && live) {
      if (spread) this.state.draft(live, nearestStep(this.state.value(live, 1)));
      void this.state.release(live);
    }
    this.grasp = undefined;
    this.fingers.clear(); // a finger that stays begins nothing by itself
  }

  /** Over time; with Shift the channel's height. */
  private wheel(event: WheelEvent): void {
    if (!this.may || event.ctrlKey) return;
    event.preventDefault();
    const tall = event.shiftKey;
    const live = tall ? this.state.channel.peek()?.scale : this.state.instrument.peek()?.timeScale;
    if (!live) return;
    this.state.draft(live, nextStep(this.state.value(live, setting(live, 1)), (event.deltaY || event.deltaX) > 0 ? 1 : -1));
    clearTimeout(this.wheeled);
    this.wheeled = setTimeout(() => void this.state.release(live), WHEEL_PAUSE);
  }
}
