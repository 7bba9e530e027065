// How well the page draws and what its oscilloscope costs: the real daemon, labsim and Chromium on this machine. Rows as tests/bench/run
// wants them; what was seen in detail goes to standard error.
import { desk, endSession, phone, signIn, startBrowser, startLab, takeControl } from '../browser/harness.mjs';
import { startLine } from '../browser/proxy.mjs';

process.env.CHROMIUM ??= '/usr/bin/chromium'; // what people have, not what is cheap to test with
const SECONDS = 12, SETTLING = 6; // of each measurement
const HEAP_SECONDS = Number(process.env.HEAP_SECONDS ?? 60); // 600 for the whole ten minutes
/** Until then the browser compiles most of what runs often; what comes later comes ever more slowly (docs/console.md). */
const WARMING = Math.max(120, HEAP_SECONDS); // s
const row = (name, figure, bound, unit, isOk) =>
  console.log([name, `${figure} ${unit}`, `${bound} ${unit}`, isOk ? 'ok' : 'short'].join('\t'));
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const quantile = (numbers, share) => [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(share * numbers.length))];

async function openScope(page) {
  await page.getByRole('button', { name: 'Oscilloscope' }).click();
  await page.locator('.scope-screen canvas[data-age]').waitFor();
}

/** Ages of what is shown, sampled in the page; frames and bytes a second, each way and both, without TCP's and IP's headers. */
async function watchFor(page, line, seconds) {
  const frames = () => page.locator('.scope-screen canvas').evaluate((canvas) => Number(canvas.dataset.frames));
  const [before, bytes, began] = [await frames(), { ...line.bytes }, performance.now()];
  const ages = await page.evaluate((ms) => new Promise((resolve) => {
    const seen = [];
    const timer = setInterval(() => seen.push(Number(document.querySelector('.scope-screen canvas').dataset.age)), 250);
    setTimeout(() => { clearInterval(timer); resolve(seen); }, ms);
  }), seconds * 1000);
  const took = (performance.now() - began) / 1000;
  const [down, up] = ['down', 'up'].map((way) => (line.bytes[way] - bytes[way]) / took);
  return { ages, rate: (await frames() - before) / took, down, up, bytes: down + up };
}

async function traces(lab, browser) {
  const line = await startLine(lab.page);
  const page = await browser.device(phone);
  await signIn(page, { page: line.page }, 'anna');
  await takeControl(page, 'Filter on the electronics bench');
  await sleep(SETTLING);
  const values = line.bytes.down + line.bytes.up;
  await sleep(SETTLING);
  const alone = (line.bytes.down + line.bytes.up - values) / SETTLING;
  await openScope(page);
  await sleep(SETTLING);
  const good = await watchFor(page, line, SECONDS);
  const cost = good.bytes - alone;
  console.error(`page: good line: ${good.rate.toFixed(1)} frames/s, ${good.bytes.toFixed(0)} B/s with ${alone.toFixed(0)} of values`);
  row('live traces, both channels, good line', good.rate.toFixed(1), 4.5, 'frames/s', good.rate >= 4.5);
  row('  on the wire beside the values', (cost / 1000).toFixed(2), 5, 'kB/s', cost <= 5000);
  line.delay = 150;
  line.rate = 1000;
  await sleep(25);
  const thin = await watchFor(page, line, 30);
  const age = quantile(thin.ages, 0.95);
  console.error(`page: 1 kB/s and 300 ms: ${thin.rate.toFixed(1)} frames/s, ${thin.down.toFixed(0)} B/s down and ${thin.up.toFixed(0)} up, ages ${thin.ages.join(' ')}`);
  row('live traces at 1 kB/s each way and 300 ms: age, 95th', age, 1600, 'ms', age <= 1600);
  await page.context().close();
  await line.stop();
  await endSession(lab, 'anna', 'bench-1');
}

const THROTTLE = 4;

/** How many frames/s come while `each` (source of a function of the time since the beginning, ms) runs in every one of them, on
 * a processor that is slower by `THROTTLE`. */
async function frameRate(page, name, before, each) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE });
  const { result, exceptionDetails } = await cdp.send('Runtime.evaluate', {
    expression: `new Promise((resolve) => {
      ${before}
      const each = ${each};
      const seen = [], began = performance.now();
      let last = began;
      const step = (now) => {
        seen.push(now - last);
        last = now;
        each(now - began);
        if (now - began < ${SECONDS * 1000}) requestAnimationFrame(step);
        else resolve(seen.slice(2));
      };
      requestAnimationFrame(step);
    })`, awaitPromise: true, returnByValue: true,
  });
  if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  await cdp.detach();
  const gaps = result.value;
  console.error(`page: ${name}: ${gaps.length} frames, median ${quantile(gaps, 0.5).toFixed(1)} ms, 95th ${quantile(gaps, 0.95).toFixed(1)}, worst ${Math.max(...gaps).toFixed(1)}`);
  return 1000 * gaps.length / gaps.reduce((a, b) => a + b, 0);
}

/** What this machine's browser can do at all: a canvas of that size with such traces, and nothing else. */
async function bareCanvas(browser, { width, height }) {
  const page = await browser.device(desk);
  await page.goto('about:blank');
  const rate = await frameRate(page, 'bare canvas', `
    const canvas = document.body.appendChild(Object.assign(document.createElement('canvas'), { width: ${width}, height: ${height} }));
    const context = canvas.getContext('2d', { alpha: false });`, `(time) => {
    context.fillStyle = '#000';
    context.fillRect(0, 0, ${width}, ${height});
    for (const style of ['#ff0', '#0ff']) {
      context.strokeStyle = style;
      context.beginPath();
      for (let x = 0; x < ${width}; x++) context.lineTo(x, ${height} * (0.5 + 0.3 * Math.sin((x + time / 10) / 40)));
      context.stroke();
    }
  }`);
  await page.context().close();
  return rate;
}

/** A hand that goes to and fro with whatever `selector` is. */
const hand = (selector) => `
  const grasped = document.querySelector('${selector}'), box = document.querySelector('.scope-screen').getBoundingClientRect();
  const say = (name, x) => grasped.dispatchEvent(new PointerEvent(name, { bubbles: true, pointerId: 1, clientX: x, clientY: box.y + 40 }));
  grasped.setPointerCapture = () => {};
  say('pointerdown', box.x + 100);`;
const TO_AND_FRO = "(time) => say('pointermove', box.x + 100 + time / 20 % 200)";

async function drawing(lab, browser) {
  const page = await browser.device(desk);
  await signIn(page, lab, 'anna');
  await takeControl(page, 'Filter on the electronics bench');
  await page.getByRole('button', { name: 'Oscilloscope' }).click();
  await page.locator('.scope-screen canvas[data-age]').waitFor();
  await page.getByRole('button', { name: 'Cursors' }).click();
  const bare = await bareCanvas(browser, await page.locator('.scope-screen canvas').evaluate(({ width, height }) => ({ width, height })));
  row(`a bare canvas, processor ${THROTTLE}x throttled`, bare.toFixed(0), '-', 'frames/s', true);
  const drawn = (name, rate) => row(`  ${name}`, rate.toFixed(0), '58', 'frames/s', rate >= 58);
  drawn('oscilloscope, a cursor is dragged', await frameRate(page, 'cursor', hand('[data-handle~=t1]'), TO_AND_FRO));
  drawn('oscilloscope, its traces are dragged', await frameRate(page, 'traces', hand('.scope-screen'), TO_AND_FRO));
  await page.evaluate(() => { location.hash = '#/rig/tank-1'; });
  await page.locator('.curve canvas').waitFor();
  drawn('a rig with its curve', await frameRate(page, 'rig', '', '() => {}'));
  await page.context().close();
  await endSession(lab, 'anna', 'bench-1');
}

/** What is kept, kB, by a snapshot of the whole heap, which collects first: as data (objects, strings, buffers, the document), and as the engine's
 * own compiled code, which comes for as long as it finds something to optimize. What the engine calls used is no measure: it moves by
 * several hundred kB from one collection to the next. */
async function kept(cdp) {
  const chunks = [];
  const take = ({ chunk }) => chunks.push(chunk);
  cdp.on('HeapProfiler.addHeapSnapshotChunk', take);
  await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  cdp.off('HeapProfiler.addHeapSnapshotChunk', take);
  const { snapshot: { meta }, nodes } = JSON.parse(chunks.join(''));
  const [type, size] = ['type', 'self_size'].map((field) => meta.node_fields.indexOf(field));
  const code = meta.node_types[type].indexOf('code');
  const sums = { data: 0, code: 0 };
  for (let at = 0; at < nodes.length; at += meta.node_fields.length) sums[nodes[at + type] === code ? 'code' : 'data'] += nodes[at + size] / 1000;
  return sums;
}

const HASTE = 6;

/** The page's timers run so much faster: it asks for the next trace, draws and keeps as in an hour of ten minutes. */
function hasten(times) {
  for (const name of ['setTimeout', 'setInterval']) {
    const real = window[name].bind(window);
    window[name] = (act, wait = 0, ...more) => real(act, wait / times, ...more);
  }
}

async function memory(lab, browser) {
  const page = await browser.device(phone);
  await page.addInitScript(hasten, HASTE);
  await signIn(page, lab, 'bo');
  await page.evaluate(() => { location.hash = '#/scope/bench-1'; });
  await page.locator('.scope-screen canvas[data-age]').waitFor();
  const cdp = await page.context().newCDPSession(page);
  await sleep(WARMING);
  const frames = () => page.locator('.scope-screen canvas').evaluate((canvas) => Number(canvas.dataset.frames));
  const first = await frames(); // before the heap: the first question to the page puts the driver's own script there, 440 kB of it
  const before = await kept(cdp);
  await sleep(HEAP_SECONDS);
  const rate = (await frames() - first) / HEAP_SECONDS;
  const after = await kept(cdp);
  const [data, code] = ['data', 'code'].map((part) => (after[part] - before[part]).toFixed(0));
  console.error(`page: ${before.data.toFixed(0)} kB of data and ${before.code.toFixed(0)} of code, ${data} and ${code} more after ${HEAP_SECONDS} s of ${rate.toFixed(1)} traces/s`);
  row(`the oscilloscope open, timers ${HASTE}x, for ${HEAP_SECONDS} s more: kept beyond ${before.data.toFixed(0)} kB of data`, data, 200, 'kB', data <= 200);
  row(`  the engine's compiled code beyond ${before.code.toFixed(0)} kB`, code, 200, 'kB', code <= 200);
  await page.context().close();
}

const [lab, browser] = await Promise.all([startLab(), startBrowser()]);
try {
  await lab.account('anna', 'student');
  await lab.account('bo', 'technician');
  const parts = { traces, drawing, memory };
  for (const name of process.argv[2]?.split(',') ?? Object.keys(parts)) await parts[name](lab, browser);
} finally {
  await browser.stop();
  await lab.stop();
}
