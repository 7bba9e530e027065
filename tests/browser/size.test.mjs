// What a visit costs on the wire, everything counted: 80 kB the first time, 2 kB the second, and no view that was not opened.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { PASSWORD, phone, startBrowser, startLab } from './harness.mjs';
import { startLine } from './proxy.mjs';

const FIRST = 80_000, SECOND = 2_000; // bytes
let lab, browser;
before(async () => {
  [lab, browser] = await Promise.all([startLab(), startBrowser()]);
  await lab.account('chen', 'student');
  await lab.do('chen', { book: { rig: 'tank-1', ends: Date.now() + 1_800_000, key: 'what a visit costs 1' } });
});
after(async () => {
  await browser?.stop();
  await lab?.stop();
});

const asked = (page) => {
  const paths = [];
  page.context().on('request', (request) => paths.push(new URL(request.url()).pathname));
  return paths;
};

test('a first visit costs 80 kB, a second 2 kB, and neither fetches what nobody opened', async () => {
  const line = await startLine(lab.page);
  const page = await browser.device(phone);
  const paths = asked(page);
  await page.goto(line.page);
  await page.locator('input[name=name]').fill('chen');
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('button.main').click();
  await page.getByRole('button', { name: 'Enter' }).first().click();
  await page.locator('.curve canvas').waitFor();
  // The worker fetches before it is active, and what it keeps is what it fetched.
  await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => new Promise((resolve) => {
    const look = () => active.state === 'activated' && resolve();
    active.addEventListener('statechange', look);
    look();
  })));
  const first = line.bytes.up + line.bytes.down;
  const kept = async () => page.evaluate(async () => (await (await caches.open('console')).keys()).map(({ url }) => new URL(url).pathname));
  const scripts = JSON.parse(readFileSync(`${process.env.BUILD ?? 'build'}/console/sizes.json`, 'utf8'))
    .map(({ path }) => path).filter((path) => /^\/(index|[a-z-]+)-[A-Z0-9]{8}\.(js|css)$/.test(path));
  const others = scripts.filter((path) => !paths.includes(path));
  assert.ok(others.length > 0, 'every file was fetched: ' + scripts);
  assert.ok((await kept()).some((path) => path.startsWith('/style-')), 'the worker keeps the page');
  assert.deepEqual((await kept()).filter((path) => others.includes(path)), []);

  // A rig that is watched never falls silent. What comes late is counted with the second visit.
  await page.goto('about:blank');
  line.bytes.up = line.bytes.down = 0;
  const again = await page.context().newPage();
  await again.goto(line.page);
  await again.locator('input[name=name]').waitFor();
  await again.waitForLoadState('networkidle');
  const second = line.bytes.up + line.bytes.down;
  console.log(`first visit ${first} bytes with a rig open, second ${second}`);
  assert.ok(first <= FIRST, `${first} bytes`);
  assert.ok(second <= SECOND, `${second} bytes`);
  assert.deepEqual(page.problems, []);
  await page.context().close();
  await line.stop();
});
