/** A line as one upright span in each column of pixels, painted into the pixels themselves. A cheap phone's processor takes several
 * times as long for a canvas's stroke, and a record of any length costs no more than the screen is wide. */
export class Spans {
  private readonly tops: Float32Array;
  private readonly bottoms: Float32Array;
  private x = NaN;
  private y = NaN;

  constructor(private readonly width: number, private readonly height: number) {
    this.tops = new Float32Array(width);
    this.bottoms = new Float32Array(width);
  }

  begin(): void {
    this.tops.fill(Infinity);
    this.bottoms.fill(-Infinity);
    this.x = NaN;
  }

  /** The line goes on to there; `x` never falls. */
  to(x: number, y: number): void {
    const from = this.x, before = this.y;
    this.x = x;
    this.y = y;
    const first = Math.floor(from), last = Math.floor(x);
    if (!(first < last)) { // the same column, or the first point
      this.reach(last, y, y);
      return;
    }
    const slope = (y - before) / (x - from), begin = Math.max(first, 0), end = Math.min(last, this.width);
    let entered = begin === first ? before : before + slope * (begin - from);
    for (let column = begin; column < end; column++) {
      const left = before + slope * (column + 1 - from);
      this.reach(column, entered, left);
      entered = left;
    }
    this.reach(last, entered, y);
  }

  private reach(column: number, a: number, b: number): void {
    if (column < 0 || column >= this.width) return;
    const top = a < b ? a : b, bottom = a < b ? b : a;
    if (top < this.tops[column]!) this.tops[column] = top;
    if (bottom > this.bottoms[column]!) this.bottoms[column] = bottom;
  }

  /** With a round brush. `pixels`: rows of `width`; `colour` as they are. The ends of a span are mixed with what is there. */
  paint(pixels: Uint32Array, colour: number, thickness: number): void {
    const radius = thickness / 2, whole = Math.max(0, Math.floor(radius - 0.5)), part = Math.max(0, radius - 0.5 - whole);
    const halves = Array.from({ length: 2 * whole + 1 }, (_, i) => Math.sqrt(radius ** 2 - (i - whole) ** 2));
    const outer = part && Math.sqrt(radius ** 2 - ((whole + 0.5 + radius) / 2) ** 2); // at the middle of what it covers
    for (let x = 0; x < this.width; x++) {
      let top = Infinity, bottom = -Infinity;
      for (let i = 0; i <= 2 * whole; i++) {
        const of = x + i - whole;
        if (of < 0 || of >= this.width) continue;
        top = Math.min(top, this.tops[of]! - halves[i]!);
        bottom = Math.max(bottom, this.bottoms[of]! + halves[i]!);
      }
      if (part) this.beside(pixels, x, whole + 1, outer, part, top, bottom, colour);
      this.column(pixels, x, top, bottom, colour, 1);
    }
  }

  /** Of a column that the brush's edge covers in part, what is above `top` and below `bottom`. */
  private beside(pixels: Uint32Array, x: number, by: number, half: number, share: number, top: number, bottom: number, colour: number): void {
    const left = Math.max(0, x - by), right = Math.min(this.width - 1, x + by);
    const upper = Math.min(this.tops[left]!, this.tops[right]!) - half, lower = Math.max(this.bottoms[left]!, this.bottoms[right]!) + half;
    if (upper < top) this.column(pixels, x, upper, Math.min(lower, top), colour, share);
    if (lower > bottom && top < bottom) this.column(pixels, x, Math.max(upper, bottom), lower, colour, share);
  }

  private column(pixels: Uint32Array, x: number, from: number, until: number, colour: number, share: number): void {
    const top = Math.max(0, from), bottom = Math.min(this.height, until);
    if (!(top < bottom)) return;
    const first = Math.floor(top), last = Math.ceil(bottom) - 1;
    let at = first * this.width + x;
    pixels[at] = mixed(pixels[at]!, colour, (Math.min(first + 1, bottom) - top) * share);
    if (share === 1) for (let y = first + 1; y < last; y++) pixels[at += this.width] = colour;
    else for (let y = first + 1; y < last; y++) pixels[at += this.width] = mixed(pixels[at]!, colour, share);
    if (last > first) {
      at += this.width;
      pixels[at] = mixed(pixels[at]!, colour, (bottom - last) * share);
    }
  }
}

const OPAQUE = 0xff000000;

/** So much of `over` on `under`, each of three bytes by itself. */
function mixed(under: number, over: number, share: number): number {
  const part = Math.round(share * 256), rest = 256 - part;
  const outer = ((under & 0xff00ff) * rest + (over & 0xff00ff) * part) >>> 8 & 0xff00ff;
  const inner = ((under & 0xff00) * rest + (over & 0xff00) * part) >>> 8 & 0xff00;
  return (OPAQUE | outer | inner) >>> 0;
}

/** "#rrggbb" as a pixel: the bytes of an ImageData are red, green, blue and opaqueness, on every processor that browsers run on
 * the first of them the lowest. */
export function pixel(colour: string): number {
  const number = parseInt(colour.slice(1), 16);
  return (OPAQUE | (number & 255) << 16 | number & 0xff00 | number >> 16) >>> 0;
}
