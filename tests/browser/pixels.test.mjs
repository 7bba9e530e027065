// What the oscilloscope's screen is made of, pixel by pixel.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imported } from './bundle.mjs';

globalThis.ImageData = class {
  constructor(width, height) {
    Object.assign(this, { width, height, data: new Uint8ClampedArray(4 * width * height) });
  }
};
const { Spans, pixel, Painter, COLOURS } = await imported("export * from './views/scope/spans'; export { Painter, COLOURS } from './views/scope/draw';");

const SIDE = 16, THICKNESSES = [1, 1.5, 2.25, 2.5, 3, 3.75, 5]; // of each trace at ratios of 1, 1.5 and 2
const BLACK = '#000000', WHITE = '#ffffff';

/** A line through points, white on black; how much of each pixel it covers, by rows. */
function painted(points, thickness, [over, under] = [WHITE, BLACK]) {
  const spans = new Spans(SIDE, SIDE), pixels = new Uint32Array(SIDE * SIDE).fill(pixel(under));
  spans.begin();
  for (const [x, y] of points) spans.to(x, y);
  spans.paint(pixels, pixel(over), thickness);
  return { pixels, row: (y) => Array.from({ length: SIDE }, (_, x) => (pixels[y * SIDE + x] & 255) / 255),
    column: (x) => Array.from({ length: SIDE }, (_, y) => (pixels[y * SIDE + x] & 255) / 255) };
}
const sum = (shares) => shares.reduce((all, share) => all + share, 0);
const centre = (shares) => shares.reduce((all, share, i) => all + share * (i + 0.5), 0) / sum(shares);
const near = (value, wanted, what) => assert.ok(Math.abs(value - wanted) < 0.02, `${what}: ${value} instead of ${wanted}`);

for (const thickness of THICKNESSES) {
  test(`a flat line is ${thickness} thick, and where it was drawn`, () => {
    for (const y of [8, 8.5, 7.3]) {
      const { column } = painted([[-1, y], [SIDE + 1, y]], thickness);
      for (let x = 0; x < SIDE; x++) {
        near(sum(column(x)), thickness, `column ${x} at ${y}`);
        if (Number.isInteger(2 * y)) near(centre(column(x)), y, `centre of column ${x}`); // where it covers both ends alike
      }
    }
  });

  test(`a step of a line ${thickness} thick is as thick, goes from one level to the other and leaves the rest alone`, () => {
    const { row, column } = painted([[-1, 4], [7.5, 4], [7.5, 12], [SIDE + 1, 12]], thickness);
    near(sum(row(8)), thickness, 'its width');
    near(centre(row(8)), 7.5, 'its middle');
    assert.equal(sum(row(0)) + sum(row(SIDE - 1)), 0);
    near(sum(column(1)), thickness, 'before it');
    near(sum(column(14)), thickness, 'behind it');
    near(centre(column(14)), 12, 'behind it');
  });
}

test('a line beside the screen leaves nothing on it, and one that crosses it is there from edge to edge', () => {
  for (const points of [[[-1, -20], [SIDE + 1, -20]], [[-1, SIDE + 20], [SIDE + 1, SIDE + 20]], [[-9, 4], [-4, 12]], [[SIDE + 4, 4], [SIDE + 9, 12]], []])
    for (const thickness of THICKNESSES) assert.ok(painted(points, thickness).pixels.every((each) => each === pixel(BLACK)), JSON.stringify(points));
  const { row } = painted([[-1, -1000], [7.5, -1000], [7.5, 1000], [SIDE + 1, 1000]], 3);
  for (let y = 0; y < SIDE; y++) near(sum(row(y)), 3, `row ${y}`);
});

test('what is covered by a quarter has a quarter of the colour, byte by byte, and is opaque', () => {
  const { pixels } = painted([[-1, 8.25], [SIDE + 1, 8.25]], 1, ['#ffd83a', '#0b1014']);
  const bytes = [0, 8, 16, 24].map((by) => pixels[7 * SIDE + 3] >>> by & 255);
  [[0xff, 0x0b], [0xd8, 0x10], [0x3a, 0x14]].forEach(([over, under], i) => assert.ok(Math.abs(bytes[i] - (over + 3 * under) / 4) <= 1, bytes.join()));
  assert.equal(bytes[3], 255);
});

const channel = { name: 'ch1', label: '1', waveform: 0, unit: 'V' };
const ramp = Float32Array.from({ length: 300 }, (_, i) => i / 100 - 1.5);
/** Enough of a screen's state to be drawn. */
const state = (mode) => ({
  mode: { value: mode }, instrument: { value: undefined }, channel: { value: channel }, shown: { value: [channel] },
  value: (_, otherwise) => otherwise, wave: () => ({ lows: ramp, highs: ramp, first: -6e-3, step: 4e-5 }),
  spectrum: { value: { step: 10, decibels: ramp.map((value) => value * 20 - 40) } },
});

function drawn(mode, live, ratio = 1) {
  let image;
  new Painter({ putImageData: (made) => { image = made; } }).draw(state(mode), { width: 300, height: 200 }, ratio, live);
  return new Set(new Uint32Array(image.data.buffer));
}

for (const mode of ['time', 'spectrum'])
  test(`${mode}: a channel's colour is that of what is live, and nothing else has it`, () => {
    assert.ok(drawn(mode, true).has(pixel(COLOURS[0])));
    assert.ok(!drawn(mode, false).has(pixel(COLOURS[0])));
    assert.ok(drawn(mode, false).size > 2, 'something is drawn');
  });

test('the graticule is there however far a page is zoomed out', () => {
  for (const ratio of [0.25, 0.5, 1, 2]) assert.ok(drawn('time', true, ratio).has(pixel('#2c3a44')), `ratio ${ratio}`);
});
