/** The spectrum of a record: Hann window, in dB of an effective volt (dBV). */
import type { Wave } from './unpack';

export interface Spectrum {
  /** Hz of a line. */
  step: number;
  decibels: Float32Array;
}

/** In place; `re.length` is a power of two. Source: J. W. Cooley and J. W. Tukey, Math. Comp. 19 (1965). */
export function transform(re: Float64Array, im: Float64Array): void {
  const count = re.length;
  for (let i = 1, j = 0; i < count; i++) {
    let bit = count >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  for (let size = 2; size <= count; size *= 2) {
    const angle = -2 * Math.PI / size;
    for (let start = 0; start < count; start += size) {
      for (let k = 0; k < size / 2; k++) {
        const c = Math.cos(angle * k), s = Math.sin(angle * k);
        const a = start + k, b = a + size / 2;
        const tr = re[b]! * c - im[b]! * s, ti = re[b]! * s + im[b]! * c;
        re[b] = re[a]! - tr;
        im[b] = im[a]! - ti;
        re[a]! += tr;
        im[a]! += ti;
      }
    }
  }
}

const LEAST = 1e-6; // V: nothing is less than -120 dBV here

export function spectrum({ lows, highs, step }: Wave): Spectrum {
  const count = lows.length;
  const size = 2 ** Math.ceil(Math.log2(count));
  const re = new Float64Array(size), im = new Float64Array(size);
  let mean = 0, gain = 0;
  for (let i = 0; i < count; i++) mean += (lows[i]! + highs[i]!) / 2 / count;
  for (let i = 0; i < count; i++) {
    const window = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / (count - 1));
    gain += window;
    re[i] = ((lows[i]! + highs[i]!) / 2 - mean) * window;
  }
  transform(re, im);
  const decibels = Float32Array.from({ length: size / 2 }, (_, i) => {
    const amplitude = Math.hypot(re[i]!, im[i]!) * 2 / gain;
    return 20 * Math.log10(Math.max(LEAST, amplitude / Math.SQRT2));
  });
  return { step: 1 / (size * step), decibels };
}

/** The highest line beside the first ones, which the mean has leaked into, between its neighbours by a parabola. */
export function peak({ step, decibels }: Spectrum): { frequency: number; decibels: number } | undefined {
  let best = 3;
  for (let i = 3; i < decibels.length - 1; i++) if (decibels[i]! > decibels[best]!) best = i;
  const [a, b, c] = [decibels[best - 1], decibels[best], decibels[best + 1]];
  if (a === undefined || b === undefined || c === undefined) return undefined;
  const shift = a - 2 * b + c === 0 ? 0 : 0.5 * (a - c) / (a - 2 * b + c);
  return { frequency: (best + shift) * step, decibels: b - 0.25 * (a - c) * shift };
}
