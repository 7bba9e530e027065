// What a student takes home of a plant: notes, snapshots, curves as data.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { accessibility, desk, phone, picture, PICTURES, signIn, startBrowser, startLab, takeControl, endSession, until } from './harness.mjs';

let lab, browser;
before(async () => {
  [lab, browser] = await Promise.all([startLab(), startBrowser()]);
  await lab.account('anna', 'student', 'Anna Zhang');
});
afterEach(() => endSession(lab, 'anna', 'tank-1'));
after(async () => {
  await browser?.stop();
  await lab?.stop();
});

const cases = [
  ['phone', phone, 'en-GB', { rig: 'Water tank level control', open: 'Notes and data', notes: 'Notes', remark: 'Remark', take: 'Snapshot of all values',
    curves: 'Curves of the last minutes (CSV)', drawn: 'Curves (picture, PNG)', snapshots: 'Snapshots (CSV)', remove: 'Delete notes and snapshots', sure: 'Really delete' }],
  ['desk', desk, 'zh-CN', { rig: '水箱液位控制', open: '笔记与数据', notes: '笔记', remark: '备注', take: '记录当前全部数值',
    curves: '最近几分钟的曲线 (CSV)', drawn: '曲线 (图片 PNG)', snapshots: '快照 (CSV)', remove: '删除笔记和快照', sure: '确认删除' }],
];

async function table(page, button) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()]);
  const text = readFileSync(await file.path(), 'utf8');
  assert.equal(text[0], '\ufeff', 'a spreadsheet knows the encoding by it');
  return text.slice(1).trim().split('\r\n').map((line) => line.split(','));
}

/** How many pixels of a picture have a colour. */
async function coloured(bytes, colour) {
  const page = await browser.device(desk);
  await page.goto('about:blank');
  const count = await page.evaluate(async ([base64, [red, green, blue]]) => {
    const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (each) => each.charCodeAt(0))]));
    const context = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height }).getContext('2d');
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 100, picture.width, picture.height - 200); // without the key
    let found = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i] === red && data[i + 1] === green && data[i + 2] === blue) found++;
    return found;
  }, [bytes.toString('base64'), colour]);
  await page.context().close();
  return count;
}
const CURVE = [0x1f, 0x4e, 0x6e]; // --curve-1

for (const [size, viewport, language, w] of cases) {
  test(`writes notes, takes a snapshot and takes the curves home: ${size}, ${language}`, async () => {
    const page = await browser.device(viewport, { language, acceptDownloads: true });
    await signIn(page, lab, 'anna');
    await takeControl(page, w.rig);
    await page.locator('.tile[data-point="plc.level"][data-quality=good]').waitFor();
    await page.getByRole('button', { name: w.open }).click();
    await page.getByLabel(w.notes, { exact: true }).fill('The level rises slowly.');
    await page.getByLabel(w.remark).fill('=before filling');
    await page.getByRole('button', { name: w.take }).click();
    await page.locator('[data-snapshots="1"]').waitFor();
    await picture(page, `report-${size}-${language}`);
    assert.deepEqual(await accessibility(page), []);
    const [head, ...curves] = await table(page, w.curves);
    assert.equal(head[0], 'time');
    const level = head.indexOf('plc.level / m');
    assert.ok(level > 0 && curves.some((row) => row[level] !== '' && Number(row[level]) >= 0), head.join());
    assert.ok(Math.abs(Date.parse(curves.at(-1)[0]) - Date.now()) < 10_000, curves.at(-1)[0]);
    const [png] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: w.drawn }).click()]);
    copyFileSync(await png.path(), join(PICTURES, `report-${size}-curves.png`));
    assert.ok(await coloured(readFileSync(await png.path()), CURVE) > 10, 'the curve is in its picture');
    const snapshots = await table(page, w.snapshots);
    assert.ok(snapshots.some((row) => row[1] === "'=before filling" && row[2] === 'plc.level' && row[5] === 'good'), snapshots[1].join());
    // They are there again after the page was loaded anew, and go when they are told to.
    await page.reload();
    assert.equal(await page.getByLabel(w.notes, { exact: true }).inputValue(), 'The level rises slowly.');
    await page.locator('[data-snapshots="1"]').waitFor();
    await page.getByRole('button', { name: w.remove }).click();
    await page.getByRole('button', { name: w.sure }).click();
    await page.locator('[data-snapshots="0"]').waitFor({ state: 'attached' });
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}

/** No frame is drawn from now on, as in a page that nobody sees; `waiting()` is how many were asked for. */
function holdFrames() {
  const [request, cancel] = [requestAnimationFrame.bind(window), cancelAnimationFrame.bind(window)];
  let held, last = 0;
  window.hold = () => { held = new Set(); };
  window.waiting = () => held.size;
  window.requestAnimationFrame = (act) => (held ? (held.add(--last), last) : request(act));
  window.cancelAnimationFrame = (id) => { if (!held?.delete(id)) cancel(id); };
}

test('while nobody sees a curve its frames do not pile up, and none is left of one that was closed', async () => {
  const page = await browser.device(phone);
  await page.addInitScript(holdFrames);
  await signIn(page, lab, 'anna');
  await takeControl(page, 'Water tank level control');
  await page.locator('.curve canvas').waitFor();
  await page.evaluate(() => new Promise((resolve) => {
    window.hold();
    let left = 20;
    const timer = setInterval(() => --left || resolve(clearInterval(timer)), 100);
  }));
  const waiting = await page.evaluate(() => window.waiting());
  assert.ok(waiting >= 1 && waiting <= 3, `${waiting} frames wait`);
  await page.evaluate(() => { location.hash = '#/'; });
  await page.locator('.curve canvas').waitFor({ state: 'detached' });
  await until(() => page.evaluate(() => window.waiting() === 0), 'the last of its frames to be taken back');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
