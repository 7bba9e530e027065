/** A trace's packed codes. Source: docs/protocol.md, "Traces". */
import type { Trace } from 'lab.proto';

class Bits {
  private at = 0;
  constructor(private readonly bytes: Uint8Array) {}

  /** Beyond the end there are ones, so that what is broken ends. */
  one(): number {
    const byte = this.bytes[this.at >> 3] ?? 255;
    return byte >> (7 - (this.at++ & 7)) & 1;
  }

  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value << 1 | this.one();
    return value;
  }
}

const QUOTIENT_MOST = 11, FORGET_AFTER = 32;

function sequence(bits: Bits, count: number, lows?: Uint8Array): Uint8Array {
  const codes = new Uint8Array(count); // which takes them modulo 256
  const predictor = bits.take(2);
  let sum = 4, seen = 1;
  for (let i = 0; i < count; i++) {
    let k = 0, quotient = 0;
    while (seen << k < sum) k++;
    while (quotient < QUOTIENT_MOST && !bits.one()) quotient++;
    const residual = quotient === QUOTIENT_MOST ? bits.take(8) : quotient << k | bits.take(k);
    let guess = i ? codes[i - 1]! : 128;
    if (predictor === 1 && i > 1) guess = 2 * codes[i - 1]! - codes[i - 2]!;
    if (predictor === 2 && lows) guess = i ? lows[i]! + codes[i - 1]! - lows[i - 1]! : lows[i]!;
    codes[i] = guess + (residual & 1 ? -(residual + 1) / 2 : residual / 2);
    sum += Math.min(residual, 4 << k);
    if (++seen === FORGET_AFTER) {
      sum >>= 1;
      seen = FORGET_AFTER / 2;
    }
  }
  return codes;
}

/** A record as it is drawn and measured: in units, a lowest and a highest value of each column. */
export interface Wave {
  /** The gateway's clock, ns. */
  time: number;
  first: number; // s from the trigger
  /** Seconds of a column. */
  step: number;
  lows: Float32Array;
  /** The same array as `lows` when every sample is there. */
  highs: Float32Array;
  /** The screen's lowest and highest code is there: the signal may go on beyond it. */
  clipped: boolean;
  /** Of one code: what cannot be told apart. */
  resolution: number;
}

export function unpack(trace: Trace): Wave | undefined {
  const { columns, samples, extremes, code_zero, value_step, codes } = trace;
  if (!columns || !codes.length) return undefined;
  const bits = new Bits(codes);
  const lows = sequence(bits, columns);
  const highs = extremes ? sequence(bits, columns, lows) : lows;
  const scaled = (of: Uint8Array) => Float32Array.from(of, (code) => (code - code_zero) * value_step);
  const low = scaled(lows);
  return {
    time: trace.time,
    first: trace.time_first,
    step: trace.time_step * samples / columns,
    lows: low,
    highs: extremes ? scaled(highs) : low,
    clipped: lows.includes(0) || highs.includes(255),
    resolution: value_step,
  };
}
