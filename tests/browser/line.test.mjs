// The page on a line that stops, breaks and comes back; what it costs; and what hostile text does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endSession, PASSWORD, phone, picture, signIn, startBrowser, startLab, takeControl, until } from './harness.mjs';
import { startLine } from './proxy.mjs';

const HOSTILE = '<img src=x onerror=alert(1)>';
let lab, browser;
before(async () => {
  [lab, browser] = await Promise.all([
    startLab([['title: {en: Filter on the electronics bench, zh: 电子实验台滤波器}', `title: {en: "${HOSTILE}", zh: "${HOSTILE}"}`]]),
    startBrowser(),
  ]);
  for (const name of ['anna', 'bo', 'chen', 'dai']) await lab.account(name, 'student', name === 'dai' ? HOSTILE : '');
});
after(async () => {
  await browser?.stop();
  await lab?.stop();
});

const control = (page, point) => page.locator(`.control[data-point="${point}"]`);
const commands = async (rig, point) =>
  (await lab.ask('log', rig)).filter((record) => record.kind === 'command' && record.point === point).length;

test('a press whose answer was lost acts once, and is confirmed on the next line', async () => {
  const line = await startLine(lab.page);
  const page = await browser.device(phone);
  await signIn(page, { page: line.page }, 'anna');
  await takeControl(page, 'Water tank level control');
  line.hold('down');
  await control(page, 'plc.fill').getByRole('button', { name: 'open' }).click();
  await until(async () => (await lab.ask('truth', 'tank')).fill_open === '1', 'the valve to open');
  assert.equal(await control(page, 'plc.fill').locator('[data-press]').getAttribute('data-press'), 'sent');
  line.cut();
  line.resume();
  await control(page, 'plc.fill').locator('[data-press=confirmed]').waitFor();
  assert.equal(await commands('tank-1', 'plc.fill'), 1);
  await page.getByText('You are in control').first().waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
  await endSession(lab, 'anna', 'tank-1');
  await line.stop();
});

test('without a line everything is old in words, the seat is kept, and a late press is refused', async () => {
  const line = await startLine(lab.page);
  const page = await browser.device(phone);
  await signIn(page, { page: line.page }, 'bo');
  await takeControl(page, 'Water tank level control');
  const level = page.locator('.tile[data-point="plc.level"]');
  await page.locator('.tile[data-point="plc.level"][data-quality=good]').waitFor();
  line.hold();
  await control(page, 'plc.fill').getByRole('button', { name: 'open' }).click();
  await page.locator('.banner', { hasText: 'What is shown is' }).waitFor();
  assert.equal(await level.getAttribute('data-quality'), 'stale');
  assert.match(await level.innerText(), /old/);
  await picture(page, 'line-lost');
  line.resume();
  await control(page, 'plc.fill').locator('[data-press=refused]').waitFor();
  assert.equal(await control(page, 'plc.fill').locator('[data-press]').getAttribute('data-reason'), 'too-old');
  assert.equal(await commands('tank-1', 'plc.fill'), 1); // of the test before
  await page.locator('.tile[data-point="plc.level"][data-quality=good]').waitFor();
  await control(page, 'plc.fill').getByRole('button', { name: 'Press again' }).click();
  await control(page, 'plc.fill').locator('[data-press=confirmed]').waitFor();
  assert.equal(await commands('tank-1', 'plc.fill'), 2);
  // Loaded again, the page has its seat back.
  await page.reload();
  await page.getByText('You are in control').first().waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
  await endSession(lab, 'bo', 'tank-1');
  await line.stop();
});

test('a bus that dies is not noticed but by a moment of waiting', async () => {
  const page = await browser.device(phone);
  await signIn(page, lab, 'chen');
  await takeControl(page, 'Water tank level control');
  await lab.ask('kill_bus');
  await control(page, 'plc.lamp').getByRole('button', { name: 'on' }).click();
  await control(page, 'plc.lamp').locator('[data-press=confirmed]').waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('a hostile title or name is text; a spectator watches by code and commands nothing', async () => {
  const page = await browser.device(phone);
  await signIn(page, lab, 'dai');
  await takeControl(page, HOSTILE);
  const people = page.locator('.card', { hasText: 'People' });
  await people.getByText(HOSTILE).waitFor();
  const code = await people.locator('code').innerText();
  const watcher = await browser.device(phone);
  await watcher.goto(lab.page);
  await watcher.locator('input[name=code]').fill(code);
  await watcher.getByRole('button', { name: 'Watch' }).click();
  await watcher.locator('.tile[data-quality=good]').first().waitFor();
  await watcher.getByText(`${HOSTILE} is in control`).first().waitFor();
  await picture(watcher, 'spectator');
  assert.equal(await watcher.locator('.stop').count(), 0);
  assert.equal(await watcher.locator('.control button:enabled, .control input:enabled').count(), 0);
  for (const each of [page, watcher]) {
    assert.equal(await each.locator('img').count(), 0);
    assert.deepEqual(each.problems, []);
    await each.context().close();
  }
});
