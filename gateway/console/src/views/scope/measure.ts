/** What is measured of a record on the screen. Source of the levels: IEEE 181-2011, state levels by histogram. */
import type { Wave } from './unpack';

export interface Measured {
  minimum: number;
  maximum: number;
  peakToPeak: number;
  mean: number;
  rms: number;
  /** NaN where the record does not have a whole period, or no edge that is resolved. */
  frequency: number;
  period: number;
  riseTime: number;
  clipped: boolean;
  /** Made of columns' extremes and not of all samples. */
  approximate: boolean;
}

const BINS = 128;
/** A state that fewer samples are in is no state: then the extreme stands for it. */
const STATE_SHARE = 0.06;

function levels(wave: Wave, minimum: number, maximum: number): [low: number, high: number] {
  const bins = new Uint32Array(BINS);
  const place = BINS / (maximum - minimum);
  for (const of of [wave.lows, wave.highs])
    for (const value of of) bins[Math.min(BINS - 1, Math.floor((value - minimum) * place))]!++;
  const total = 2 * wave.lows.length;
  const mode = (from: number, to: number, extreme: number) => {
    let best = from;
    for (let i = from; i < to; i++) if (bins[i]! > bins[best]!) best = i;
    return bins[best]! > total * STATE_SHARE ? minimum + (best + 0.5) / place : extreme;
  };
  return [mode(0, BINS / 2, minimum), mode(BINS / 2, BINS, maximum)];
}

/** Times at which `value` is crossed, with a line between two columns; after it `band` away on either side. */
function crossings(middle: Float32Array, wave: Wave, value: number, band: number): { time: number; rising: boolean }[] {
  const found: { time: number; rising: boolean }[] = [];
  let side = 0, last = NaN;
  for (let i = 0; i < middle.length; i++) {
    if (i && (middle[i - 1]! - value) * (middle[i]! - value) <= 0 && middle[i] !== middle[i - 1])
      last = wave.first + (i - 1 + (value - middle[i - 1]!) / (middle[i]! - middle[i - 1]!)) * wave.step;
    const now = middle[i]! > value + band ? 1 : middle[i]! < value - band ? -1 : 0;
    if (now && side && now !== side && !Number.isNaN(last)) found.push({ time: last, rising: now > 0 });
    if (now) side = now;
  }
  return found;
}

function periodOf(edges: { time: number; rising: boolean }[]): number {
  const same = edges.filter(({ rising }) => rising === edges[0]!.rising);
  return same.length < 2 ? NaN : (same[same.length - 1]!.time - same[0]!.time) / (same.length - 1);
}

/** From 10 % to 90 % of the first rising edge that is whole. */
function riseOf(middle: Float32Array, wave: Wave, low: number, high: number): number {
  const lower = low + 0.1 * (high - low), upper = low + 0.9 * (high - low);
  let from = NaN;
  for (let i = 1; i < middle.length; i++) {
    const a = middle[i - 1]!, b = middle[i]!;
    const at = (value: number) => (i - 1 + (value - a) / (b - a)) * wave.step;
    if (a <= lower && b > lower) from = at(lower);
    if (b < lower) from = NaN;
    if (!Number.isNaN(from) && a <= upper && b > upper) return at(upper) - from;
  }
  return NaN;
}

export function measure(wave: Wave): Measured {
  const { lows, highs } = wave;
  const count = lows.length;
  let minimum = Infinity, maximum = -Infinity, sum = 0, squares = 0;
  const middle = lows === highs ? lows : new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const low = lows[i]!, high = highs[i]!;
    if (low < minimum) minimum = low;
    if (high > maximum) maximum = high;
    if (middle !== lows) middle[i] = (low + high) / 2;
    sum += (low + high) / 2;
    squares += (low * low + low * high + high * high) / 3; // of a line from one to the other
  }
  const peakToPeak = maximum - minimum;
  const steady = peakToPeak < 4 * wave.resolution; // noise has no period
  const [low, high] = steady ? [minimum, maximum] : levels(wave, minimum, maximum);
  const edges = steady ? [] : crossings(middle, wave, (low + high) / 2, (high - low) * 0.1);
  const period = edges.length ? periodOf(edges) : NaN;
  const rise = steady ? NaN : riseOf(middle, wave, low, high);
  return {
    minimum, maximum, peakToPeak, mean: sum / count, rms: Math.sqrt(squares / count),
    period, frequency: 1 / period, riseTime: rise, clipped: wave.clipped, approximate: lows !== highs,
  };
}
