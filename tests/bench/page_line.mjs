// What somebody at the far end of a line sees of the page: how soon it is usable, what it costs, how old it is, how long a press
// takes. Runs behind tests/line/shaped_line; rows as tests/bench/run wants them.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { phone, PASSWORD, signIn, startBrowser, startLab, takeControl } from '../browser/harness.mjs';
import { NEAR, shape } from '../line/far.mjs';

process.env.CHROMIUM = join(fileURLToPath(new URL('../line', import.meta.url)), 'far-chromium');
const RIG = { name: 'tank-1', title: 'Water tank level control' };
const TRIP = 300; // ms, there and back
const SLOW = { delay: TRIP / 2, rate: 64, loss: 0, queue: 32 };
const LOSSY = { ...SLOW, loss: 0.05 };
const GOOD = { delay: 25, rate: 0, loss: 0, queue: 256 };
const WATCHED = 40_000, SETTLING = 20_000, PRESSES = 30, VISITS = 3, LOSSY_VISITS = 8;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const share = (values, part) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * part) - 1];
const row = (name, figure, unit, bound) =>
  console.log([name, `${figure.toPrecision(3)} ${unit}`, `<= ${bound} ${unit}`, figure <= bound ? 'ok' : 'short'].join('\t'));

/** In the page: somebody who types and taps at once when there is something to. Resolves, when the rig's values are live, with when each step came, ms
 * since 1970. The driver's own waits ask every 100 to 500 ms only, and it taps what has stood still for two frames. */
async function hurried({ name, password, title }) {
  const steps = {};
  const there = (step, find) => new Promise((resolve) => {
    const look = () => {
      const found = find();
      if (!found) return requestAnimationFrame(look);
      steps[step] = performance.timeOrigin + performance.now();
      resolve(found);
    };
    look();
  });
  const form = await there('form', () => document.querySelector('input[name=password]')?.form);
  Object.assign(form.elements.name, { value: name });
  Object.assign(form.elements.password, { value: password });
  form.querySelector('button').click();
  const card = await there('laboratory', () => [...document.querySelectorAll('.rig-card')].find(({ textContent }) => textContent.includes(title)));
  [...card.querySelectorAll('button')].find(({ textContent }) => textContent === 'Look').click();
  await there('live', () => document.querySelector('.tile[data-point="plc.level"][data-quality=good]'));
  await new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); }); // it is painted
  steps.painted = performance.timeOrigin + performance.now();
  return steps;
}

/** From the tap on the address to a rig whose values are live: ms. */
async function visit(browser, lab, name) {
  const page = await browser.device(phone);
  const start = performance.timeOrigin + performance.now();
  await page.goto(lab.page, { waitUntil: 'commit' });
  const steps = { document: performance.timeOrigin + performance.now(), ...await page.evaluate(hurried, { name, password: PASSWORD, title: RIG.title }) };
  console.error(`page: visit, s: ${Object.entries(steps).map(([step, at]) => `${step} ${((at - start) / 1000).toFixed(2)}`).join(', ')}`);
  return { page, took: steps.painted - start };
}

async function visits(browser, lab, name, times) {
  const took = [];
  for (let i = 0; i < times; i++) {
    const { page, took: each } = await visit(browser, lab, name);
    took.push(each);
    await page.context().close();
  }
  return took;
}

/** The plant's own clock as the page shows it, against the same clock here: ms. */
async function ages(page, lab, time) {
  const { uptime } = await lab.ask('truth', 'tank');
  const zero = performance.now() - Number(uptime) * 1000;
  const shown = page.locator('.tile[data-point="plc.uptime"] b');
  const found = [];
  for (const end = performance.now() + time; performance.now() < end; await pause(100)) {
    const text = await shown.innerText();
    found.push(performance.now() - zero - Number(text) * 1000);
  }
  return found;
}

/** Presses a switch to and fro: from each press to its confirmation on the screen, ms. */
async function presses(page) {
  await page.evaluate(() => {
    const took = window.took = [];
    const control = document.querySelector('.control[data-point="plc.lamp"]');
    let pressed = 0;
    control.addEventListener('click', () => { pressed = performance.now(); }, true);
    new MutationObserver(() => {
      if (!pressed || control.querySelector('[data-press]')?.dataset.press !== 'confirmed') return;
      took.push(performance.now() - pressed);
      pressed = 0;
    }).observe(control, { subtree: true, childList: true, attributes: true });
  });
  const buttons = page.locator('.control[data-point="plc.lamp"] button');
  for (let i = 0; i < PRESSES; i++) {
    await buttons.nth(i % 2).click();
    await page.waitForFunction((done) => window.took.length > done, i, { timeout: 30_000 });
  }
  return page.evaluate(() => window.took);
}

async function watched(page, lab) {
  await pause(5_000); // the page finds its pace
  const before = await shape();
  const found = await ages(page, lab, WATCHED);
  const after = await shape();
  const bytes = after.down.bytes - before.down.bytes + after.up.bytes - before.up.bytes;
  return { ages: found, bytes: bytes / WATCHED * 1000 };
}

const listen = [['ws://${page}', `ws://${NEAR}:0\n    insecure: true`], ['plc.pump: {range: 0 % .. 90 %}', 'plc.pump: {range: 0 % .. 90 %}\n      plc.uptime: {poll: 100 ms}']];
const [lab, browser] = await Promise.all([startLab(listen), startBrowser()]);

async function near() {
  await shape(GOOD);
  row('page, 50 ms: usable', Math.max(...await visits(browser, lab, 'tian', VISITS)) / 1000, 's', 2);
}

async function thin() {
  await shape(SLOW);
  const before = await shape();
  const first = await visits(browser, lab, 'tian', VISITS);
  const after = await shape();
  row('page, 64 kbit/s, 300 ms: usable', Math.max(...first) / 1000, 's', 15);
  row('  a first visit, packet headers and values included', (after.down.bytes - before.down.bytes) / VISITS / 1000, 'kB', 95);
}

async function calm() {
  await shape(SLOW);
  const { page } = await visit(browser, lab, 'tian');
  const seen = await watched(page, lab);
  row('  a rig at 10 Hz, both ways, packet headers included', seen.bytes / 1000, 'kB/s', 1.5);
  row('  age of what is shown, 95th', share(seen.ages, 0.95) / 1000, 's', (2 * TRIP + 1000) / 1000);
  await shape(LOSSY);
  row('  5 % lost: age of what is shown, 95th', share((await watched(page, lab)).ages, 0.95) / 1000, 's', 3);
  await page.context().close();
}

async function lossy() {
  await shape(LOSSY);
  row('  5 % lost: usable, 95th', share(await visits(browser, lab, 'tian', LOSSY_VISITS), 0.95) / 1000, 's', 30);
}

/** The oscilloscope's figures on what the page says of itself: ages of what its screen shows, ms, and what the line carried. */
async function watchedScope(page, seconds) {
  await pause(SETTLING);
  const canvas = page.locator('.scope-screen canvas');
  const frames = async () => Number(await canvas.getAttribute('data-frames'));
  const [first, before] = [await frames(), await shape()];
  const ages = await canvas.evaluate((shown, time) => new Promise((resolve) => {
    const seen = [];
    const timer = setInterval(() => seen.push(Number(shown.dataset.age)), 250);
    setTimeout(() => { clearInterval(timer); resolve(seen); }, time);
  }), seconds * 1000);
  const after = await shape();
  const bytes = (after.down.bytes - before.down.bytes + after.up.bytes - before.up.bytes) / seconds;
  console.error(`page: scope: ${((await frames() - first) / seconds).toFixed(1)} frames/s, ${bytes.toFixed(0)} B/s`);
  return { ages, bytes, rate: (await frames() - first) / seconds };
}

async function scope() {
  await shape(GOOD);
  const page = await browser.device(phone);
  await signIn(page, lab, 'tian');
  await page.evaluate(() => { location.hash = '#/scope/bench-1'; });
  await page.locator('.scope-screen canvas[data-age]').waitFor();
  await shape(SLOW);
  const seen = await watchedScope(page, 20);
  row('  live traces and values, both ways, headers included', seen.bytes / 1000, 'kB/s', 5);
  row('  age of the trace that is shown, 95th', share(seen.ages, 0.95) / 1000, 's', (2 * TRIP + 1000) / 1000);
  await shape({ ...SLOW, rate: 8 });
  const least = await watchedScope(page, 30);
  row('  the same at 1 kB/s: age of the trace, 95th', share(least.ages, 0.95) / 1000, 's', (2 * TRIP + 1000) / 1000);
  await page.context().close();
}

async function pressed() {
  await shape(GOOD);
  const student = await browser.device(phone);
  await signIn(student, lab, 'anna');
  await takeControl(student, RIG.title);
  await shape(SLOW);
  await pause(3_000);
  row('  press to confirmed on the screen, beyond the round trip, 95th', share(await presses(student), 0.95) - TRIP, 'ms', 150);
  await shape(LOSSY);
  row('  5 % lost: press to confirmed, beyond the round trip, 95th', (share(await presses(student), 0.95) - TRIP) / 1000, 's', 1.5);
  await shape(GOOD);
  await student.context().close();
}

try {
  await lab.account('tian', 'technician', 'Tian Yu');
  await lab.account('anna', 'student', 'Anna Zhang');
  const parts = { near, thin, calm, scope, lossy, pressed };
  for (const name of process.argv[2]?.split(',') ?? Object.keys(parts)) await parts[name]();
} finally {
  await browser.stop();
  await lab.stop();
}
