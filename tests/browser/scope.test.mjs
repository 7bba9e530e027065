// The oscilloscope's screen, with the simulated one behind it: what it shows, what a finger, a key or a button does, and what
// is taken home.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import { accessibility, desk, endSession, phone, picture, signIn, startBrowser, startLab, takeControl, until } from './harness.mjs';

let lab, browser;
before(async () => {
  [lab, browser] = await Promise.all([startLab(), startBrowser()]);
  await lab.account('anna', 'student', 'Anna Zhang');
});
afterEach(() => endSession(lab, 'anna', 'bench-1'));
after(async () => {
  await browser?.stop();
  await lab?.stop();
});

const words = {
  'en-GB': { rig: 'Filter on the electronics bench', scope: 'Oscilloscope', autoset: 'Autoset', stop: 'Stop', single: 'Single', cursors: 'Cursors',
    spectrum: 'Spectrum', csv: 'Data (CSV)', png: 'Picture (PNG)' },
  'zh-CN': { rig: '电子实验台滤波器', scope: '示波器', autoset: '自动设置', stop: '停止', single: '单次', cursors: '光标',
    spectrum: '频谱', csv: '数据 (CSV)', png: '图片 (PNG)' },
};

const measured = async (page, name) => Number(await page.locator(`[data-measured=${name}]`).getAttribute('data-value'));
const near = (page, name, value, share = 0.05) =>
  until(async () => Math.abs(await measured(page, name) - value) <= share * Math.abs(value), `${name} to be ${value}`);
const confirmed = (page, point) => page.locator(`[data-recent="${point}"] [data-press=confirmed]`).waitFor();
const knob = (page, point) => page.locator(`[data-knob="${point}"]`).innerText();

/** The generator gives 1 kHz, 2 V from peak to peak. */
async function feed(page) {
  for (const [point, value] of [['generator.frequency', '1000'], ['generator.amplitude', '2']]) {
    const control = page.locator(`.control[data-point="${point}"]`);
    await control.locator('input[inputmode]').fill(value);
    await control.locator('input[inputmode]').press('Enter');
    await control.locator('[data-press=confirmed]').waitFor();
  }
  const output = page.locator('.control[data-point="generator.output"]');
  await output.locator('button').last().click();
  await output.locator('[data-press=confirmed]').waitFor();
}

async function drag(page, from, to) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
}
/** Samples of the instrument's memory, with two channels on: the millions that it takes by itself are a minute's work. */
const MEMORY = '60000';
const middle = ({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 });

for (const [size, viewport] of [['phone', phone], ['desk', desk]]) {
  for (const language of ['en-GB', 'zh-CN']) {
    test(`sees a signal, sets the screen, measures it and takes it home: ${size}, ${language}`, async () => {
      const name = `scope-${size}-${language}`, w = words[language];
      const page = await browser.device(viewport, { language, acceptDownloads: true });
      await signIn(page, lab, 'anna');
      await takeControl(page, w.rig);
      await page.getByRole('button', { name: w.scope }).click();
      await page.locator('.scope-screen canvas').waitFor();
      await feed(page);
      await page.getByRole('button', { name: w.autoset, exact: true }).click();
      await near(page, 'frequency', 1000, 0.01);
      await near(page, 'peakToPeak', 2);
      await near(page, 'rms', Math.SQRT1_2);
      await page.getByRole('button', { name: w.autoset, exact: true }).waitFor();
      await page.locator('.scope-head').evaluate((head) => head.scrollIntoView());
      await picture(page, `${name}-1-autoset`);
      assert.deepEqual(await accessibility(page), []);

      // Trigger level by its handle, then by keys.
      const level = page.locator('[data-handle=level]');
      const at = middle(await level.boundingBox());
      await drag(page, at, { x: at.x, y: at.y - 20 });
      await confirmed(page, 'scope.trigger_level');
      assert.ok(Number(await level.getAttribute('aria-valuenow')) > 0.05);
      const before = Number(await level.getAttribute('aria-valuenow'));
      await level.focus();
      await page.keyboard.press('ArrowUp');
      await until(async () => Number(await level.getAttribute('aria-valuenow')) > before, 'the level to rise');

      // A drag over the screen moves the trace; keys stretch it.
      const screen = await page.locator('.scope-screen').boundingBox();
      const from = { x: screen.x + screen.width * 0.5, y: screen.y + screen.height * 0.25 };
      await drag(page, from, { x: from.x + screen.width / 6, y: from.y });
      await confirmed(page, 'scope.time_offset');
      const [offset] = (await lab.do('anna', { get: { rig: 'bench-1', points: ['scope.time_offset'] } })).get.values;
      assert.ok(offset.number < 0, `time offset ${offset.number}`);
      const scale = await knob(page, 'scope.time_scale');
      await page.locator('.scope-screen').focus();
      await page.keyboard.press('-');
      await confirmed(page, 'scope.time_scale');
      assert.notEqual(await knob(page, 'scope.time_scale'), scale);

      await page.getByRole('button', { name: w.cursors, exact: true }).click();
      await page.locator('[data-readout=cursors]').waitFor();
      await page.locator('.scope-head').evaluate((head) => head.scrollIntoView());
      await picture(page, `${name}-2-cursors`);
      assert.deepEqual(await accessibility(page), []);
      await page.getByRole('button', { name: w.spectrum, exact: true }).click();
      await until(async () => Math.abs(Number(await page.locator('[data-peak]').getAttribute('data-peak')) - 1000) < 60, 'the peak at 1 kHz');
      await page.locator('.scope-head').evaluate((head) => head.scrollIntoView());
      await picture(page, `${name}-3-spectrum`);
      await page.getByRole('button', { name: w.spectrum, exact: true }).click();

      await page.evaluate(() => document.querySelectorAll('details').forEach((each) => { each.open = true; }));
      const depth = page.locator('.control[data-point="scope.memory_depth"]');
      await depth.locator('select').selectOption({ label: MEMORY });
      await depth.locator('[data-press=confirmed]').waitFor();
      await page.getByRole('button', { name: w.single, exact: true }).click();
      await page.locator('[data-scope-status=STOP]').waitFor();

      const [csv] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: w.csv }).click()]);
      const [head, ...rows] = readFileSync(await csv.path(), 'utf8').trim().split('\r\n').map((line) => line.split(','));
      assert.equal(head[0], 'time / s');
      assert.ok(rows.length >= 225, `${rows.length} rows`);
      const column = head.findIndex((each) => each.startsWith('ch1'));
      const volts = rows.map((row) => Number(row[column])).filter((value) => !Number.isNaN(value));
      assert.ok(Math.abs(Math.max(...volts) - 1) < 0.1, `${Math.max(...volts)} V`);
      const [png] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: w.png }).click()]);
      assert.equal(readFileSync(await png.path()).subarray(1, 4).toString(), 'PNG');
      if (viewport === desk) {
        const [deep] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /Whole memory|全部存储深度/ }).click()]);
        const [first, ...samples] = readFileSync(await deep.path(), 'utf8').trim().split('\r\n').map((line) => line.split(','));
        assert.deepEqual(first, ['time / s', 'scope.ch1 / V']);
        assert.ok(samples.length > 5 * rows.length, `${samples.length} samples of the memory, ${rows.length} of the screen`);
        const most = samples.reduce((so, [, value]) => Math.max(so, Number(value)), -Infinity);
        assert.ok(Math.abs(most - 1) < 0.1, `${most} V`);
        assert.equal(await page.locator('[data-deep]').getAttribute('data-deep'), '');
      }

      await page.screenshot({ path: `build/browser/${name}-4-whole.png`, fullPage: true });
      assert.deepEqual(page.problems, []);
      await page.context().close();
    });
  }
}

test('two fingers stretch time, and the screen of who only looks obeys nobody', async () => {
  const page = await browser.device(phone);
  await signIn(page, lab, 'anna');
  await takeControl(page, words['en-GB'].rig);
  await page.getByRole('button', { name: 'Oscilloscope' }).click();
  await page.locator('.scope-screen canvas').waitFor();
  await page.locator('[data-knob="scope.time_scale"]').waitFor();
  await page.locator('.scope-screen').scrollIntoViewIfNeeded();
  const { x, y, width, height } = await page.locator('.scope-screen').boundingBox();
  const touch = await page.context().newCDPSession(page);
  const fingers = (spread) => [-1, 1].map((side) => ({ x: x + width / 2 + side * spread, y: y + height / 2 + 30, id: side + 1 }));
  const before = await knob(page, 'scope.time_scale');
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: fingers(30) });
  for (const spread of [40, 55, 70, 80]) await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: fingers(spread) });
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await confirmed(page, 'scope.time_scale');
  assert.notEqual(await knob(page, 'scope.time_scale'), before);
  await page.getByRole('button', { name: 'Give up control' }).click();
  await page.getByText('Nobody is in control').first().waitFor();
  await until(async () => await knob(page, 'scope.time_scale') === '1 ms', 'the rig to be safe again');
  await page.locator('.scope-screen').focus();
  await page.keyboard.press('+');
  await drag(page, { x: x + 100, y: y + 60 }, { x: x + 160, y: y + 60 });
  assert.equal(await knob(page, 'scope.time_scale'), '1 ms');
  assert.equal(await page.locator('[data-press=sent]').count(), 0);
  assert.equal(await page.locator('.toolbar button:enabled').count(), 2); // cursors and spectrum only look
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
