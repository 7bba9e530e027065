// A lesson: one rig, a teacher, students of two schools, hands, control that changes hands, what was pressed, a projector, and
// lines that are lost in the middle of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibility, desk, endSession, phone, picture, signIn, startBrowser, startLab, takeControl } from './harness.mjs';
import { startLine } from './proxy.mjs';

const HOSTILE = '<img src=x onerror=alert(1)>';
const SCHOOLS = `
schools:
  shihezi: {title: {en: Shihezi University, zh: 石河子大学}}
  xidian: {title: {en: Xidian University, zh: 西安电子科技大学}}
groups:
  ee-1: {school: shihezi, policy: free}
  me-1: {school: xidian, policy: free}
policies:
  free: {horizon: 14 d}
`;
let lab, browser;
before(async () => {
  [lab, browser] = await Promise.all([
    startLab([['teachers: any,', 'teachers: any, rooms: apart,'], ['\nrigs:', SCHOOLS + '\nrigs:']]),
    startBrowser(),
  ]);
  for (const [name, role, title] of [['li', 'teacher', 'Li Wei'], ['anna', 'student', 'Anna Zhang'], ['bo', 'student', HOSTILE], ['chen', 'student', 'Chen Hao']])
    await lab.account(name, role, title);
  await lab.ask('put_in', 'ee-1', ['anna', 'bo']);
  await lab.ask('put_in', 'me-1', ['chen']);
});
after(async () => {
  await browser?.stop();
  await lab?.stop();
});

const words = {
  'en-GB': { rig: 'Water tank level control', look: /^(Look|Enter)$/, start: 'Enter the session', raise: 'Raise hand', give: 'Give control', take: 'Take control', open: 'open', mine: 'You are in control', closed: 'closed', projector: 'Projector view', school: 'Shihezi University' },
  'zh-CN': { rig: '水箱液位控制', look: /^(查看|进入)$/, start: '进入实验', raise: '举手', give: '交出控制权', take: '获取控制权', open: '打开', mine: '由您控制', closed: '关闭', projector: '投影视图', school: '石河子大学' },
};
const control = (page, point) => page.locator(`.control[data-point="${point}"]`);
const pressed = (page, kind, outcome) => page.locator(`.presses li[data-kind="${kind}"]${outcome ? `[data-outcome="${outcome}"]` : ''}`);
const VERIFIED = 2;

async function joins(name, language = 'en-GB', viewport = phone, at = lab) {
  const page = await browser.device(viewport, { language });
  const { rig, look, start } = words[language];
  await signIn(page, at, name);
  await page.locator('.rig-card', { hasText: rig }).locator('button', { hasText: look }).click();
  await page.locator('button.main', { hasText: start }).click();
  await page.locator('button.hand').waitFor();
  return page;
}

async function teaches(language = 'en-GB', viewport = desk) {
  const page = await browser.device(viewport, { language });
  await signIn(page, lab, 'li');
  await takeControl(page, words[language].rig);
  return page;
}

async function end(...pages) {
  for (const page of pages) {
    assert.deepEqual(page.problems, []);
    assert.equal(await page.locator('img').count(), 0);
    await page.context().close();
  }
  await endSession(lab, 'li', 'tank-1');
}

for (const [language, name] of [['en-GB', 'en'], ['zh-CN', 'zh']]) {
  test(`hands, hand-over, take back, and everybody sees what was pressed: ${name}`, async () => {
    const w = words[language];
    const li = await teaches(language, name === 'en' ? desk : phone);
    const [anna, bo, chen] = await Promise.all([joins('anna', language), joins('bo', language), joins('chen', language)]);
    for (const page of [bo, anna, chen]) {
      await page.locator('button.hand', { hasText: w.raise }).click();
      await page.locator('button.hand[aria-pressed=true]').waitFor();
    }
    // The teacher sees all, in order; students those of their own room.
    await li.locator('.hands li').nth(2).waitFor();
    assert.deepEqual(await li.locator('.hands li').evaluateAll((all) => all.map((each) => each.querySelector('span').firstChild.textContent)),
      [HOSTILE, 'Anna Zhang', 'Chen Hao']);
    await anna.locator('.hands li').nth(1).waitFor();
    assert.equal(await anna.locator('.hands li').count(), 2);
    assert.equal(await chen.locator('.hands li').count(), 1);
    assert.equal(await anna.getByText('Chen Hao').count(), 0);
    await li.locator('.hands li', { hasText: w.school }).first().waitFor();
    await anna.locator('.hands li', { hasText: w.school }).first().waitFor();
    await picture(li, `lesson-${name}-1-hands`);
    assert.deepEqual(await accessibility(li), []);
    assert.deepEqual(await accessibility(anna), []);
    // Hand over: Anna presses, Bo and Chen see it.
    await li.locator('.hands li', { hasText: 'Anna Zhang' }).getByRole('button', { name: w.give }).click();
    await anna.getByText(w.mine).first().waitFor();
    await li.locator('.hands li').nth(2).waitFor({ state: 'detached' });
    await control(anna, 'plc.fill').getByRole('button', { name: w.open }).click();
    await control(anna, 'plc.fill').locator('[data-press=confirmed]').waitFor();
    await control(anna, 'plc.heater').locator('button').last().click();
    for (const page of [bo, chen, li]) {
      await pressed(page, 'command', VERIFIED).filter({ hasText: 'Anna Zhang' }).first().waitFor();
      await page.locator('.presses li.refused', { hasText: 'heater-needs-water' }).waitFor();
      await page.locator('.facts', { hasText: 'Anna Zhang' }).waitFor();
    }
    await pressed(bo, 'command').first().scrollIntoViewIfNeeded();
    await picture(bo, `lesson-${name}-2-presses`);
    assert.deepEqual(await accessibility(bo), []);
    // Bo's page is the projector of his school.
    await bo.getByRole('button', { name: w.projector }).click();
    await bo.locator('.projector .large-values li[data-quality=good]').first().waitFor();
    await pressed(bo, 'command').first().waitFor();
    await bo.setViewportSize(desk);
    await bo.locator('.projector canvas').waitFor();
    await picture(bo, `lesson-${name}-3-projector`);
    assert.deepEqual(await accessibility(bo), []);
    await bo.setViewportSize(phone);
    await picture(bo, `lesson-${name}-4-projector-phone`);
    // Taken back: Anna can press no more, and sees who has it.
    await li.locator('button.main', { hasText: w.take }).click();
    await li.getByText(w.mine).first().waitFor();
    await anna.locator('.facts', { hasText: 'Li Wei' }).waitFor();
    assert.equal(await anna.locator('.control button:enabled').count(), 0);
    await end(li, anna, bo, chen);
  });
}

test('two who fight for control: one has it, and what the other presses late does nothing', async () => {
  const w = words['en-GB'];
  const line = await startLine(lab.page);
  const li = await teaches();
  const [anna, bo] = await Promise.all([joins('anna', 'en-GB', phone, { page: line.page }), joins('bo')]);
  const person = (name) => li.locator('.card', { hasText: 'People' }).locator('li', { hasText: name });
  await person('Anna Zhang').getByRole('button', { name: w.give }).click();
  await anna.getByText(w.mine).first().waitFor();
  assert.equal(await bo.locator('.control button:enabled, .control input:enabled').count(), 0);
  // Anna's line stops; control goes to Bo; what she presses meanwhile is refused, in words, and Bo's stands.
  line.hold('down');
  await person(HOSTILE).getByRole('button', { name: w.give }).click();
  await bo.getByText(w.mine).first().waitFor();
  await control(anna, 'plc.lamp').getByRole('button', { name: 'on' }).click();
  await control(bo, 'plc.fill').getByRole('button', { name: w.open }).click();
  await control(bo, 'plc.fill').locator('[data-press=confirmed]').waitFor();
  line.resume();
  await control(anna, 'plc.lamp').locator('[data-press=refused]').waitFor();
  await anna.locator('.facts', { hasText: HOSTILE }).waitFor();
  await picture(anna, 'lesson-fight');
  assert.equal((await lab.ask('log', 'tank-1')).filter(({ kind, point }) => kind === 'command' && point === 'plc.lamp').length, 0);
  await end(li, anna, bo);
  await line.stop();
});

/** How high the first curve reaches in its middle above its two ends, in parts of the canvas. */
const bump = (page) => page.locator('.curve canvas').evaluate((canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  const [red, green, blue] = getComputedStyle(document.documentElement).getPropertyValue('--curve-1').match(/\w\w/g).map((each) => parseInt(each, 16));
  let highest = height, lowest = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue) > 24 || data[i + 3] < 200) continue;
    const row = Math.floor(i / 4 / width);
    highest = Math.min(highest, row);
    lowest = Math.max(lowest, row);
  }
  return (lowest - highest) / height;
});

test('a viewer who loses the line is back in place, with what was pressed and the missing part of the curve', async () => {
  const line = await startLine(lab.page);
  const li = await teaches();
  const bo = await joins('bo', 'en-GB', phone, { page: line.page });
  await bo.locator('.curve canvas').waitFor();
  await bo.locator('button.hand').click();
  await bo.locator('button.hand[aria-pressed=true]').waitFor();
  const level = bo.locator('.tile[data-point="plc.level"]');
  assert.equal(await level.getAttribute('aria-pressed'), 'true');
  line.hold();
  line.cut();
  await control(li, 'plc.lamp').getByRole('button', { name: 'on' }).click();
  await control(li, 'plc.lamp').locator('[data-press=confirmed]').waitFor();
  // Up and down again while Bo sees nothing: a straight line across the hole would not show it.
  const before = Number((await lab.ask('truth', 'tank')).level);
  await lab.ctl('force', 'tank', 'level', '0.3');
  await li.locator('.tile[data-point="plc.level"] b', { hasText: /^30\d|^0\.3|^29\d/ }).waitFor();
  await lab.ctl('force', 'tank', 'level', String(before));
  await li.locator('.tile[data-point="plc.level"] b', { hasText: /^30\d|^0\.3|^29\d/ }).waitFor({ state: 'detached' });
  await bo.locator('.banner', { hasText: 'What is shown is' }).waitFor();
  line.resume();
  await bo.locator('.tile[data-point="plc.level"][data-quality=good]').waitFor();
  await pressed(bo, 'command', VERIFIED).filter({ hasText: 'Li Wei' }).first().waitFor();
  await bo.locator('button.hand[aria-pressed=true]').waitFor(); // the seat and the hand were kept
  await bo.locator('.curve').scrollIntoViewIfNeeded();
  let height = 0;
  for (const until = Date.now() + 20_000; height < 0.4 && Date.now() < until; height = await bump(bo));
  await picture(bo, 'lesson-filled-in');
  assert.ok(height > 0.4, `the curve is ${height} of its canvas high`);
  assert.equal(await bo.locator('[data-gap]').count(), 0);
  await end(li, bo);
  await line.stop();
});

test('what the gateway no longer has is said to be gone', async () => {
  const forgetful = await startLab([['\nrigs:', '\nhistory: 1 s\nrigs:']]);
  try {
    await forgetful.account('chen', 'student', '');
    const line = await startLine(forgetful.page);
    const page = await browser.device(phone);
    await signIn(page, { page: line.page }, 'chen');
    await takeControl(page, words['en-GB'].rig);
    await page.locator('.curve canvas').waitFor();
    line.hold();
    line.cut();
    await page.locator('.banner', { hasText: /What is shown is [4-9] s/ }).waitFor();
    line.resume();
    await page.locator('[data-gap]').waitFor();
    await page.locator('.curve').scrollIntoViewIfNeeded();
    await picture(page, 'lesson-gone');
    assert.deepEqual(page.problems, []);
    await page.context().close();
    await line.stop();
  } finally {
    await forgetful.stop();
  }
});
