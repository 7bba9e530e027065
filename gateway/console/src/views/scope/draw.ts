/** The picture of the screen: graticule, traces or spectrum. Everything that is grasped lies over it as elements (handles.tsx). */
import { DIVISIONS, type Channel } from './instrument';
import type { ScopeState } from './state';
import type { Wave } from './unpack';

/** Always dark, as such a screen is; the channel's number stands at its trace, so colour alone says nothing. */
export const COLOURS = ['#ffd83a', '#45d8e8', '#ff86dc', '#7fb2ff'];
const GROUND = '#0b1014', GRID = '#2c3a44', AXIS = '#50626f', OLD = '#8896a1';
export const SPECTRUM = { top: 20, bottom: -100, step: 20 }; // dBV

export interface Size {
  width: number;
  height: number;
}

export const colourOf = (channel: Channel) => COLOURS[(Number(channel.label) - 1) % COLOURS.length] ?? COLOURS[0]!;

/** Settings as shares of the screen: what draws and what drags must agree on it. Who asks for one is drawn anew when it changes. */
export class View {
  constructor(private readonly state: ScopeState, readonly size: Size) {}

  get timeScale(): number {
    return this.state.value(this.state.instrument.value?.timeScale, 1e-3);
  }

  get timeOffset(): number {
    return this.state.value(this.state.instrument.value?.timeOffset, 0);
  }

  x(time: number): number {
    return ((time - this.timeOffset) / this.timeScale / DIVISIONS.across + 0.5) * this.size.width;
  }

  time(x: number): number {
    return (x / this.size.width - 0.5) * DIVISIONS.across * this.timeScale + this.timeOffset;
  }

  y(channel: Channel, value: number): number {
    const scale = this.state.value(channel.scale, 1), offset = this.state.value(channel.offset, 0);
    return (0.5 - (value + offset) / scale / DIVISIONS.up) * this.size.height;
  }

  volts(channel: Channel, y: number): number {
    const scale = this.state.value(channel.scale, 1), offset = this.state.value(channel.offset, 0);
    return (0.5 - y / this.size.height) * DIVISIONS.up * scale - offset;
  }
}

function graticule(context: CanvasRenderingContext2D, { width, height }: Size, across: number, up: number): void {
  context.fillStyle = GROUND;
  context.fillRect(0, 0, width, height);
  context.lineWidth = 1;
  for (const [style, isAxis] of [[GRID, false], [AXIS, true]] as const) {
    context.strokeStyle = style;
    context.beginPath();
    for (let i = 0; i <= across; i++) {
      if ((i * 2 === across) !== isAxis) continue;
      const x = Math.round(i * width / across) + 0.5;
      context.moveTo(x, 0);
      context.lineTo(x, height);
    }
    for (let i = 0; i <= up; i++) {
      if ((i * 2 === up) !== isAxis) continue;
      const y = Math.round(i * height / up) + 0.5;
      context.moveTo(0, y);
      context.lineTo(width, y);
    }
    context.stroke();
  }
}

/** A pixel's extremes are a stroke from one to the other; where pixels are more than columns, a line through them. */
function trace(context: CanvasRenderingContext2D, view: View, channel: Channel, wave: Wave): void {
  const { lows, highs, first, step } = wave;
  const width = view.size.width;
  const y0 = view.y(channel, 0), perVolt = view.y(channel, 1) - y0;
  const x0 = view.x(first), perColumn = view.x(first + step) - x0;
  const begin = Math.max(0, Math.floor(-x0 / perColumn) - 1), end = Math.min(lows.length, Math.ceil((width - x0) / perColumn) + 1);
  context.beginPath();
  let pixel = -1, low = 0, high = 0, last = 0;
  const flush = () => {
    context.lineTo(pixel + 0.5, y0 + (Math.abs(last - low) < Math.abs(last - high) ? low : high) * perVolt);
    context.lineTo(pixel + 0.5, y0 + (Math.abs(last - low) < Math.abs(last - high) ? high : low) * perVolt);
  };
  for (let i = begin; i < end; i++) {
    const at = perColumn < 1 ? Math.floor(x0 + i * perColumn) : x0 + i * perColumn;
    if (perColumn >= 1) {
      // Of a wide column only the extremes are known: a line through both, the one nearer to what was before first.
      const rises = Math.abs(last - lows[i]!) <= Math.abs(last - highs[i]!);
      context.lineTo(at, y0 + (rises ? lows[i]! : highs[i]!) * perVolt);
      last = rises ? highs[i]! : lows[i]!;
      if (highs !== lows) context.lineTo(at + perColumn * 0.9, y0 + last * perVolt);
      continue;
    }
    if (at !== pixel) {
      if (pixel >= 0) flush();
      last = i ? (lows[i - 1]! + highs[i - 1]!) / 2 : lows[i]!;
      pixel = at;
      low = lows[i]!;
      high = highs[i]!;
    } else {
      if (lows[i]! < low) low = lows[i]!;
      if (highs[i]! > high) high = highs[i]!;
    }
  }
  if (pixel >= 0) flush();
  context.stroke();
}

function lines(context: CanvasRenderingContext2D, state: ScopeState, size: Size): void {
  const of = state.spectrum.value, channel = state.channel.value;
  if (!of || !channel) return;
  const count = of.decibels.length, { top, bottom } = SPECTRUM;
  context.strokeStyle = colourOf(channel);
  context.lineWidth = 1.5;
  context.beginPath();
  let pixel = -1, most = -Infinity;
  for (let i = 0; i < count; i++) {
    const at = Math.floor(i * size.width / count);
    if (at !== pixel) {
      if (pixel >= 0) context.lineTo(pixel, (top - most) / (top - bottom) * size.height);
      pixel = at;
      most = -Infinity;
    }
    most = Math.max(most, of.decibels[i]!);
  }
  context.stroke();
}

export function draw(context: CanvasRenderingContext2D, state: ScopeState, size: Size, live: boolean): void {
  if (state.mode.value === 'spectrum') {
    graticule(context, size, 10, (SPECTRUM.top - SPECTRUM.bottom) / SPECTRUM.step);
    lines(context, state, size);
    return;
  }
  graticule(context, size, DIVISIONS.across, DIVISIONS.up);
  const view = new View(state, size);
  context.lineJoin = 'bevel'; // of all the quickest, and strokes are too thin to tell
  for (const channel of state.shown.value) {
    const wave = state.wave(channel);
    if (!wave) continue;
    context.strokeStyle = live ? colourOf(channel) : OLD;
    context.lineWidth = channel === state.channel.value ? 2 : 1.25;
    trace(context, view, channel, wave);
  }
}
