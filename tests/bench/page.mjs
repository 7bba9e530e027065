// How well the page draws and what its oscilloscope costs: the real daemon, labsim and Chromium on this machine. Rows as tests/bench/run
// wants them; what was seen in detail goes to standard error.
import { desk, phone, signIn, startBrowser, startLab, takeControl } from '../browser/harness.mjs';
import { startLine } from '../browser/proxy.mjs';

const SECONDS = 12, SETTLING = 6; // of each measurement
const HEAP_SECONDS = 60;
const row = (name, figure, bound, unit, isOk) =>
  console.log([name, `${figure} ${unit}`, `${bound} ${unit}`, isOk ? 'ok' : 'short'].join('\t'));
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const quantile = (numbers, share) => [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(share * numbers.length))];

async function openScope(page) {
  await page.getByRole('button', { name: 'Oscilloscope' }).click();
  await page.locator('.scope-screen canvas[data-age]').waitFor();
}

/** Ages of what is shown, sampled in the page; frames and bytes of the time. */
async function watchFor(page, line, seconds) {
  const frames = () => page.locator('.scope-screen canvas').evaluate((canvas) => Number(canvas.dataset.frames));
  const [before, bytes, began] = [await frames(), line.bytes.down + line.bytes.up, performance.now()];
  const ages = await page.evaluate((ms) => new Promise((resolve) => {
    const seen = [];
    const timer = setInterval(() => seen.push(Number(document.querySelector('.scope-screen canvas').dataset.age)), 250);
    setTimeout(() => { clearInterval(timer); resolve(seen); }, ms);
  }), seconds * 1000);
  const took = (performance.now() - began) / 1000;
  return { ages, rate: (await frames() - before) / took, bytes: (line.bytes.down + line.bytes.up - bytes) / took };
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
  console.error(`page: 1 kB/s and 300 ms: ${thin.rate.toFixed(1)} frames/s, ${thin.bytes.toFixed(0)} B/s, ages ${thin.ages.join(' ')}`);
  row('live traces at 1 kB/s and 300 ms: age, 95th', age, 1600, 'ms', age <= 1600);
  await page.context().close();
  await line.stop();
}

async function drawing(lab, browser) {
  const page = await browser.device(desk);
  await signIn(page, lab, 'bo');
  await page.evaluate(() => { location.hash = '#/scope/bench-1'; });
  await page.locator('.scope-screen canvas[data-age]').waitFor();
  await page.getByRole('button', { name: 'Cursors' }).click();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  // A cursor follows the hand: a picture, handles and read-outs anew with each frame.
  const gaps = await page.evaluate((ms) => new Promise((resolve) => {
    const handle = document.querySelector('[data-handle~=t1]'), box = document.querySelector('.scope-screen').getBoundingClientRect();
    const say = (name, x) => handle.dispatchEvent(new PointerEvent(name, { bubbles: true, pointerId: 1, clientX: x, clientY: box.y + 40 }));
    handle.setPointerCapture = () => {};
    say('pointerdown', box.x + 100);
    const seen = [], began = performance.now();
    let last = began;
    const step = (now) => {
      seen.push(now - last);
      last = now;
      say('pointermove', box.x + 100 + (now - began) / 20 % 200);
      if (now - began < ms) requestAnimationFrame(step);
      else resolve(seen.slice(2));
    };
    requestAnimationFrame(step);
  }), SECONDS * 1000);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  const rate = 1000 * gaps.length / gaps.reduce((a, b) => a + b, 0);
  console.error(`page: drawing: ${gaps.length} frames, median ${quantile(gaps, 0.5).toFixed(1)} ms, 95th ${quantile(gaps, 0.95).toFixed(1)}, worst ${Math.max(...gaps).toFixed(1)}`);
  row('drawing while a cursor is dragged, processor 4x throttled', rate.toFixed(0), 58, 'frames/s', rate >= 58);
  await page.context().close();
}

/** What is left after a collection, kB. */
async function heap(cdp) {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  return usedSize / 1000;
}

async function memory(lab, browser) {
  const page = await browser.device(phone);
  await signIn(page, lab, 'bo');
  await page.evaluate(() => { location.hash = '#/scope/bench-1'; });
  await page.locator('.scope-screen canvas[data-age]').waitFor();
  const cdp = await page.context().newCDPSession(page);
  await sleep(20);
  const before = await heap(cdp);
  await sleep(HEAP_SECONDS);
  const growth = await heap(cdp) - before;
  console.error(`page: heap ${before.toFixed(0)} kB, ${growth.toFixed(0)} kB more after ${HEAP_SECONDS} s`);
  row(`the oscilloscope open for ${HEAP_SECONDS} s more: heap beyond ${before.toFixed(0)} kB`, growth.toFixed(0), 200, 'kB', growth <= 200);
  await page.context().close();
}

const [lab, browser] = await Promise.all([startLab(), startBrowser()]);
try {
  await lab.account('anna', 'student');
  await lab.account('bo', 'technician');
  const parts = { traces, drawing, memory };
  for (const name of (process.argv[2] ? [process.argv[2]] : Object.keys(parts))) await parts[name](lab, browser);
} finally {
  await browser.stop();
  await lab.stop();
}
