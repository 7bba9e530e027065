/** The picture of the screen: graticule, traces or spectrum. Everything that is grasped lies over it as elements (handles.tsx). */
import { DIVISIONS, type Channel } from './instrument';
import { pixel, Spans } from './spans';
import type { Spectrum } from './spectrum';
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

/** The lines of the screen as pixels. */
function graticule(pixels: Uint32Array, width: number, height: number, across: number, up: number, thickness: number): void {
  pixels.fill(pixel(GROUND));
  const box = (colour: number, x: number, y: number, wide: number, tall: number) => {
    for (let row = y; row < Math.min(y + tall, height); row++) pixels.fill(colour, row * width + x, row * width + Math.min(x + wide, width));
  };
  for (const [colour, isAxis] of [[pixel(GRID), false], [pixel(AXIS), true]] as const) {
    for (let i = 0; i <= across; i++) if ((i * 2 === across) === isAxis) box(colour, Math.round(i * width / across), 0, thickness, height);
    for (let i = 0; i <= up; i++) if ((i * 2 === up) === isAxis) box(colour, 0, Math.round(i * height / up), width, thickness);
  }
}

/** Of a wide column only the extremes are known: a line through both, the one nearer to what was before first. */
function trace(view: View, channel: Channel, wave: Wave, ratio: number, spans: Spans): void {
  const { lows, highs, first, step } = wave;
  const y0 = view.y(channel, 0), perVolt = (view.y(channel, 1) - y0) * ratio, zero = y0 * ratio;
  const x0 = view.x(first) * ratio, perColumn = (view.x(first + step) - view.x(first)) * ratio, width = view.size.width * ratio;
  const begin = Math.max(0, Math.floor(-x0 / perColumn) - 1), end = Math.min(lows.length, Math.ceil((width - x0) / perColumn) + 1);
  let last = lows[begin]!;
  for (let i = begin; i < end; i++) {
    const low = lows[i]!, high = highs[i]!, x = x0 + i * perColumn;
    const rises = Math.abs(last - low) <= Math.abs(last - high);
    spans.to(x, zero + (rises ? low : high) * perVolt);
    last = rises ? high : low;
    if (highs !== lows) spans.to(x + perColumn * 0.9, zero + last * perVolt);
  }
}

function lines({ decibels }: Spectrum, width: number, height: number, spans: Spans): void {
  const { top, bottom } = SPECTRUM;
  let column = -1, most = -Infinity;
  for (let i = 0; i < decibels.length; i++) {
    const at = Math.floor(i * width / decibels.length);
    if (at !== column) {
      if (column >= 0) spans.to(column, (top - most) / (top - bottom) * height);
      column = at;
      most = -Infinity;
    }
    most = Math.max(most, decibels[i]!);
  }
}

/** What is drawn upon, as large as it was last. */
export class Painter {
  private image = new ImageData(1, 1);
  private pixels = new Uint32Array(1);
  private ground = new Uint32Array(1);
  private spans = new Spans(1, 1);
  private made = '';

  constructor(private readonly context: CanvasRenderingContext2D) {}

  /** With `ratio` pixels for each of the page's. */
  draw(state: ScopeState, size: Size, ratio: number, live: boolean): void {
    const width = Math.round(size.width * ratio), height = Math.round(size.height * ratio);
    const isSpectrum = state.mode.value === 'spectrum';
    if (!width || !height) return;
    this.prepare(width, height, ratio, isSpectrum);
    this.pixels.set(this.ground);
    if (isSpectrum) this.spectrum(state, width, height, ratio, live);
    else this.traces(state, size, ratio, live);
    this.context.putImageData(this.image, 0, 0);
  }

  private prepare(width: number, height: number, ratio: number, isSpectrum: boolean): void {
    const wanted = [width, height, ratio, isSpectrum].join();
    if (this.made === wanted) return;
    this.made = wanted;
    this.image = new ImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.ground = new Uint32Array(width * height);
    this.spans = new Spans(width, height);
    const [across, up] = isSpectrum ? [10, (SPECTRUM.top - SPECTRUM.bottom) / SPECTRUM.step] : [DIVISIONS.across, DIVISIONS.up];
    graticule(this.ground, width, height, across, up, Math.max(1, Math.round(ratio)));
  }

  private traces(state: ScopeState, size: Size, ratio: number, live: boolean): void {
    const view = new View(state, size);
    for (const channel of state.shown.value) {
      const wave = state.wave(channel);
      if (!wave) continue;
      this.spans.begin();
      trace(view, channel, wave, ratio, this.spans);
      this.spans.paint(this.pixels, pixel(live ? colourOf(channel) : OLD), (channel === state.channel.value ? 2.5 : 1.5) * ratio);
    }
  }

  private spectrum(state: ScopeState, width: number, height: number, ratio: number, live: boolean): void {
    const of = state.spectrum.value, channel = state.channel.value;
    if (!of || !channel) return;
    this.spans.begin();
    lines(of, width, height, this.spans);
    this.spans.paint(this.pixels, pixel(live ? colourOf(channel) : OLD), 1.5 * ratio);
  }
}
