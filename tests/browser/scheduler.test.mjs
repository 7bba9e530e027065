// The scheduler: a week on all rigs to draw and drag on, with mouse, keys and fingers; closures; a course from a file; who used what.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { accessibility, desk, phone, picture, signIn, startBrowser, startLab } from './harness.mjs';

const HOUR = 3_600_000, DAY = 24 * HOUR, BEIJING = 8 * HOUR;
const HOSTILE = '<img src=x onerror=alert(1)>';
/** Monday of next week, midnight in Beijing; 1970 began on a Thursday. */
const today = Math.floor((Date.now() + BEIJING) / DAY);
const monday = (today - (today + 3) % 7 + 7) * DAY - BEIJING;
const date = (time) => new Date(time + BEIJING).toISOString().slice(0, 10);
const holiday = (en, zh, day) => `    - {name: {en: ${en}, zh: ${zh}}, from: ${date(monday + day * DAY)}, until: ${date(monday + day * DAY)}}`;
const CALENDAR = `
timetable:
  periods: {1: 08:00-08:45, 2: 08:55-09:40, 3: 10:00-10:45, 4: 10:55-11:40}
  terms:
    this-term: {title: {en: This term, zh: 本学期}, start: ${date(monday)}, weeks: 16}
  holidays:
${[holiday('Founders\' Day', '校庆日', 5), holiday('River Day', '江河日', 29), holiday('River Day', '江河日', 57)].join('\n')}
  open: {weekdays: 08:00-22:00, saturday: 09:00-17:00}
schools:
  shihezi: {title: {en: Shihezi University, zh: 石河子大学}, weight: 3}
  xidian: {title: {en: Xidian University, zh: 西安电子科技大学}}
groups:
  ee-1: {school: shihezi, policy: free}
  me-1: {school: xidian, policy: free}
policies:
  free: {horizon: 60 d}
`;
let lab, browser;
before(async () => {
  [lab, browser] = await Promise.all([startLab([['\nrigs:', CALENDAR + '\nrigs:']]), startBrowser()]);
  for (const [name, role, title] of [['wu', 'scheduler', 'Wu Min'], ['anna', 'student', 'Anna Zhang'], ['bo', 'student', HOSTILE], ['chen', 'student', 'Chen Hao']])
    await lab.account(name, role, title);
  await lab.ask('put_in', 'ee-1', ['anna', 'bo']);
  await lab.ask('put_in', 'me-1', ['chen']);
});
after(async () => {
  await browser?.stop();
  await lab?.stop();
});

let keys = 0;
const key = () => `a key of this test's ${++keys}`;
async function booked(name, rig, day, hour, length = 1) {
  const starts = monday + day * DAY + hour * HOUR;
  const { bookings } = await lab.do(name, { book: { rig, starts, ends: starts + length * HOUR, key: key() } });
  return Number(bookings.bookings[0].id);
}
/** What the gateway has of a booking. */
async function stored(id) {
  const { bookings } = await lab.do('wu', { bookings: { everyone: true, from: monday - 7 * DAY } });
  const { rig, starts, ends, state } = bookings.bookings.find((each) => Number(each.id) === id);
  return { rig, day: (Number(starts) - monday) / DAY, hours: (Number(ends) - Number(starts)) / HOUR, state };
}
const cancelled = (id) => lab.do('wu', { cancel: { booking: id } });
const at = (day, hour) => day + hour / 24;
const words = {
  'en-GB': { open: 'Timetable', next: 'Week after', book: 'Book', move: 'Move', plan: 'See what it would do', close: 'Take out of use', closure: 'Maintenance or closure', undo: 'Undo', day: 'Day', days: ["Holiday: Founders' Day", 'This term, week 1'] },
  'zh-CN': { open: '课表', next: '下一周', book: '预约', move: '移动', plan: '查看影响', close: '停用', closure: '维护或停用', undo: '撤销', day: '日', days: ['放假：校庆日', '本学期，第 1 周'] },
};

async function opens(viewport, language = 'en-GB', options = {}) {
  const page = await browser.device(viewport, { language, ...options });
  const w = words[language];
  await signIn(page, lab, 'wu');
  await page.getByRole('button', { name: w.open, exact: true }).click();
  await page.locator('.timetable .lane').first().waitFor();
  await page.locator('input[type=date]').fill(date(monday));
  await page.locator(`.lane[data-lane="${monday}"]`).first().waitFor();
  await page.locator('[aria-busy=false] .timetable').waitFor();
  return page;
}
const lane = (page, rig, day) => page.locator(`.lane[data-rig="${rig}"][data-lane="${monday + day * DAY}"]`);
const block = (page, id) => page.locator(`[data-booking="${id}"]`);
/** Where an hour is on the screen: the timetable shows 8 to 22. */
async function spot(page, rig, day, hour) {
  const box = await lane(page, rig, day).boundingBox();
  return [box.x + box.width / 2, box.y + box.height * (hour - 8) / 14 + 1];
}
async function drag(page, from, to) {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(from[0] + 2, from[1] + 8);
  await page.mouse.move(...to, { steps: 4 });
  await page.mouse.up();
}
async function end(page) {
  assert.deepEqual(page.problems, []);
  assert.equal(await page.locator('img').count(), 0);
  await page.context().close();
}

for (const [language, name] of [['en-GB', 'en'], ['zh-CN', 'zh']]) {
  test(`a week: drawn on, moved, refused with alternatives, undone: ${name}`, async () => {
    const w = words[language];
    const [bo, chen] = [await booked('bo', 'tank-1', 0, 10, 2), await booked('chen', 'tank-2', 1, 14)];
    const page = await opens(desk, language);
    await block(page, bo).waitFor();
    assert.match(await block(page, bo).textContent(), new RegExp(HOSTILE.replace(/[()]/g, '\\$&')));
    for (const text of w.days) await page.getByText(text).first().waitFor();
    await picture(page, `scheduler-${name}-1-week`);
    assert.deepEqual(await accessibility(page), []);
    // Drawn: three hours on Wednesday.
    await drag(page, await spot(page, 'tank-1', 2, 13), await spot(page, 'tank-1', 2, 16));
    await page.locator('dialog[open] input[name=holder]').fill('anna');
    await picture(page, `scheduler-${name}-2-book`);
    assert.deepEqual(await accessibility(page), []);
    await page.locator('dialog[open] button.main', { hasText: w.book }).click();
    const anna = page.locator('.booking', { hasText: 'Anna Zhang' });
    await anna.waitFor();
    const id = Number(await anna.getAttribute('data-booking'));
    const first = await stored(id);
    assert.equal(first.rig, 'tank-1');
    assert.ok(Math.abs(first.day - at(2, 13)) <= 1 / 48 && Math.abs(first.hours - 3) <= 0.5, JSON.stringify(first));
    // Moved to another rig and day.
    const [x, y] = await spot(page, 'tank-2', 3, 9);
    const from = await anna.boundingBox();
    await drag(page, [from.x + 40, from.y + 4], [x, y + 3]);
    await page.locator('.said', { has: page.getByRole('button', { name: w.undo }) }).waitFor();
    const second = await stored(id);
    assert.equal(second.rig, 'tank-2');
    assert.ok(Math.abs(second.day - at(3, 9)) <= 1 / 48, JSON.stringify(second));
    await page.getByRole('button', { name: w.undo, exact: true }).click();
    await lane(page, 'tank-1', 2).locator(`[data-booking="${id}"]`).waitFor();
    assert.deepEqual(await stored(id), first);
    // On Bo's time: refused, by whom, and what is free; one press takes it.
    const there = await anna.boundingBox();
    const taken = await spot(page, 'tank-1', 0, 11);
    await drag(page, [there.x + 40, there.y + 4], taken);
    await page.locator('.refusal', { hasText: HOSTILE }).waitFor();
    await picture(page, `scheduler-${name}-3-refused`);
    assert.deepEqual(await accessibility(page), []);
    assert.deepEqual(await stored(id), first);
    await page.locator('.refusal [data-instead]').first().click();
    await page.locator('.said', { has: page.getByRole('button', { name: w.undo }) }).waitFor();
    assert.notDeepEqual(await stored(id), first);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.getByRole('button', { name: w.day, exact: true }).click();
    await picture(page, `scheduler-${name}-4-day-dark`);
    assert.deepEqual(await accessibility(page), []);
    for (const each of [bo, chen, id]) await cancelled(each);
    await end(page);
  });
}

test('with keys: picked up, moved by a day and an hour, put down; booked from the frame', async () => {
  const id = await booked('chen', 'tank-1', 0, 9);
  const page = await opens(desk);
  await block(page, id).focus();
  await page.keyboard.press('m');
  await page.locator('.frame.carries').waitFor();
  await page.keyboard.press('ArrowRight');
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('PageDown');
  await page.keyboard.press('Enter');
  await lane(page, 'tank-2', 1).locator(`[data-booking="${id}"]`).waitFor();
  assert.deepEqual(await stored(id), { rig: 'tank-2', day: at(1, 10), hours: 1, state: 'CONFIRMED' });
  assert.equal(await page.evaluate(() => document.activeElement.dataset.booking), String(id));
  // Escape leaves it where it was.
  await page.keyboard.press('m');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Escape');
  await page.locator('.frame.carries').waitFor({ state: 'detached' });
  assert.equal((await stored(id)).day, at(1, 10));
  // The frame: down an hour, half an hour longer, booked.
  await page.locator('.frame').focus();
  await page.keyboard.press('Shift+ArrowDown');
  await page.locator('.frame.drawn').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('dialog[open]').getByRole('button', { name: 'Book', exact: true }).click();
  await page.locator('.booking', { hasText: 'Wu Min' }).waitFor();
  const mine = Number(await page.locator('.booking', { hasText: 'Wu Min' }).getAttribute('data-booking'));
  assert.equal((await stored(mine)).hours, 1.25);
  for (const each of [id, mine]) await cancelled(each);
  await end(page);
});

for (const [language, name] of [['en-GB', 'en'], ['zh-CN', 'zh']]) {
  test(`on a phone: a tap books, a held finger moves, a closure shows whom it is about: ${name}`, async () => {
    const w = words[language];
    const id = await booked('bo', 'tank-1', 0, 10);
    const page = await opens(phone, language);
    await block(page, id).waitFor();
    await picture(page, `scheduler-${name}-5-phone`);
    assert.deepEqual(await accessibility(page), []);
    // A tap on a free place.
    await page.touchscreen.tap(...await spot(page, 'tank-1', 0, 8.1));
    await page.locator('dialog[open] button.main', { hasText: w.book }).click();
    const mine = page.locator('.booking', { hasText: 'Wu Min' });
    await mine.waitFor();
    const own = Number(await mine.getAttribute('data-booking'));
    assert.deepEqual(await stored(own), { rig: 'tank-1', day: at(0, 8), hours: 1, state: 'CONFIRMED' });
    // Held, then drawn down by two hours; the page does not scroll meanwhile.
    const touch = await page.context().newCDPSession(page);
    await block(page, id).evaluate((element) => element.scrollIntoView({ block: 'center' }));
    const box = await block(page, id).boundingBox();
    const hour = (await lane(page, 'tank-1', 0).boundingBox()).height / 14;
    const finger = (type, y) => touch.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x: box.x + 60, y }] });
    await finger('touchStart', box.y + 10);
    await page.locator('.frame.carries').waitFor();
    for (const step of [0.5, 1, 1.5, 2]) await finger('touchMove', box.y + 10 + step * hour);
    await finger('touchEnd', 0);
    await page.locator('.said', { has: page.getByRole('button', { name: w.undo }) }).waitFor();
    assert.deepEqual(await stored(id), { rig: 'tank-1', day: at(0, 12), hours: 1, state: 'CONFIRMED' });
    // By its sheet, without a drag.
    await block(page, id).click();
    await page.locator('dialog[open] select').selectOption('tank-2');
    await picture(page, `scheduler-${name}-6-phone-booking`);
    assert.deepEqual(await accessibility(page), []);
    await page.locator('dialog[open]').getByRole('button', { name: w.move, exact: true }).click();
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    assert.equal((await stored(id)).rig, 'tank-2');
    // The whole laboratory is closed on Monday: shown first, then done.
    await page.getByRole('button', { name: w.closure, exact: true }).click();
    await page.locator('dialog[open] input[type=checkbox]').check();
    const [from, until] = await page.locator('dialog[open] input[type=datetime-local]').all();
    await from.fill(`${date(monday)}T08:00`);
    await until.fill(`${date(monday)}T18:00`);
    await page.locator('dialog[open] input[name=reason]').fill('Wiring');
    await page.getByRole('button', { name: w.plan }).click();
    await page.locator('[data-affected="2"]', { hasText: HOSTILE }).waitFor();
    await picture(page, `scheduler-${name}-7-phone-closure`);
    assert.deepEqual(await accessibility(page), []);
    assert.equal((await stored(id)).state, 'CONFIRMED');
    await page.locator('dialog[open] button.main', { hasText: w.close }).click();
    await page.locator('.booking.kind-3').first().waitFor();
    assert.equal((await stored(id)).state, 'CANCELLED');
    const { bookings } = await lab.do('wu', { bookings: { everyone: true, from: monday } });
    for (const each of bookings.bookings) if (each.kind === 'MAINTENANCE' && each.state === 'CONFIRMED') await cancelled(Number(each.id));
    await end(page);
  });

  test(`a course from a file in GB18030: mistakes, a conflict, what is free instead, booked; and who used what: ${name}`, async () => {
    const zh = name === 'zh', rigs = ['tank-1', 'tank-2'];
    const week = zh ? 6 : 2, weeks = `${week}-${week + 3}周`, first = 7 * (week - 1), tuesday = monday + (first + 1) * DAY; // nobody else's weeks
    const busy = await booked('bo', 'tank-1', first + 1, 10, 2); // periods 3-4
    await assert.rejects(lab.do('chen', { book: { rig: 'tank-1', starts: tuesday + 10 * HOUR, ends: tuesday + 11 * HOUR, key: key() } }), /overlaps/);
    const page = await opens(zh ? phone : desk, language);
    await page.getByRole('button', { name: zh ? '课程导入' : 'Course import' }).click();
    const file = async (text) => {
      const { stdout } = spawnSync('iconv', ['-f', 'UTF-8', '-t', 'GB18030'], { input: text });
      await page.locator('input[type=file]').setInputFiles({ name: 'circuits.csv', mimeType: 'text/csv', buffer: stdout });
    };
    const head = '课程,姓名,学号,周次,星期,节次\r\n';
    await file(head + '电路实验,王芳,anna,1-99周,星期二,第3-4节\r\n电路实验,"李\n强",chen,1-3周,星期九,第3-4节\r\n');
    await page.locator('[data-mistakes="2"]', { hasText: '1-99周' }).waitFor();
    await file(head + `电路实验,王芳,anna,${weeks},星期二,第3-4节\r\n电路实验,"李\n强",chen,${weeks},星期二,第3-4节\r\n`);
    for (const rig of rigs) await page.locator(`[data-rig-choice="${rig}"]`).click();
    await page.getByRole('button', { name: zh ? '试排（不预约）' : 'Dry run: books nothing' }).click();
    await page.locator('[data-plan="1"] [data-conflict=overlaps]').waitFor();
    await page.getByText(zh ? '江河日' : 'River Day', { exact: false }).first().waitFor();
    await picture(page, `scheduler-${name}-8-course`);
    assert.deepEqual(await accessibility(page), []);
    await page.getByRole('button', { name: zh ? '用首选替代方案试排' : 'Dry run with the first alternatives' }).click();
    await page.locator('[data-conflict][data-taken=true]').waitFor();
    const before = (await lab.do('wu', { bookings: { everyone: true, from: monday } })).bookings.bookings.length;
    await page.getByRole('button', { name: zh ? '全部预约（6）' : 'Book all 6' }).click();
    await page.locator('[data-stored=true]').waitFor();
    const after = (await lab.do('wu', { bookings: { everyone: true, from: monday } })).bookings.bookings;
    assert.equal(after.length - before, 6);
    // Hours booked stand in the report, by rig as by school.
    await page.getByRole('button', { name: zh ? '使用与公平' : 'Use and fairness' }).click();
    await page.locator('[data-report="1"] [data-bar]').first().waitFor();
    await page.locator('input[type=date]').first().fill(date(monday + first * DAY));
    await page.locator('input[type=date]').last().fill(date(monday + (first + 20) * DAY));
    await page.getByRole('button', { name: zh ? '组' : 'Group', exact: true }).click();
    await page.locator('[data-report="2"] [data-bar="ee-1"]').waitFor();
    await page.locator('[data-report="2"] [data-bar="me-1"]', { hasText: zh ? '1 次无空位（1 小时）' : 'no room 1× (1 h)' }).waitFor();
    assert.deepEqual(await accessibility(page), []);
    await page.getByRole('button', { name: zh ? '实验台' : 'Rig', exact: true }).click();
    await page.locator('[data-report="3"] [data-bar]').first().waitFor();
    await picture(page, `scheduler-${name}-9-use`);
    const figures = async (column) => (await page.locator(`[data-report="3"] tbody td:nth-child(${column})`).allTextContents()).map(parseFloat)
      .reduce((sum, figure) => sum + figure);
    assert.ok(Math.abs(await figures(5) - 12) < 0.1, `${await figures(5)} h booked`); // 6 of 100 minutes, and Bo's two hours
    assert.equal(await figures(6), 7);
    assert.deepEqual(await accessibility(page), []);
    for (const { id, kind, state } of after) if (kind === 'CLASS' && state === 'CONFIRMED') await cancelled(Number(id));
    await cancelled(busy);
    await end(page);
  });
}
