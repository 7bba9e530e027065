// The technician's view: what is broken is seen at once, what may be done is done here, what may not says where it is.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { accessibility, desk, endSession, phone, picture, signIn, startBrowser, startLab, until } from './harness.mjs';

const HOSTILE = '<img src=x onerror=document.title=1>';

let lab, browser;
before(async () => {
  [lab, browser] = await Promise.all([
    startLab([
      // So that a rig is given up soon.
      ['plc.drain_open: on}\n        within: 10 s\n      - verify: all\n        within: 5 s', 'plc.drain_open: on}\n        within: 3 s\n      - verify: all\n        within: 1 s'],
      ['title: {en: Motor drive, zh: 电机驱动}', `title: {en: "${HOSTILE}", zh: "${HOSTILE}"}`],
    ]),
    startBrowser(),
  ]);
  await lab.account('tian', 'technician', 'Tian Wei');
  await lab.account('chen-phone', 'student', 'Chen');
  await lab.account('chen-desk', 'student', 'Chen Bo');
});
after(async () => {
  await browser?.stop();
  await lab?.stop();
});

const cases = [
  ['phone', phone, 'zh-CN', { open: '技术员', audit: '审计记录', configuration: '配置', stop: /^急停 /, reset: '复位', sureReset: '确认复位',
    lockout: '锁定', sureLockout: '确认锁定', why: '原因', missing: '请说明原因。', clear: '解除隔离', sureClear: '确认解除隔离', quarantined: '隔离', show: '显示',
    person: '人员', kind: '事件', refusals: '只看被拒绝的', older: '更早', save: '保存所示内容 (CSV)', refused: /被拒绝：/, trouble: /^需要处理/, more: '失败次数、反应时间、命令',
    minute: /最近一分钟失败：.*无应答/, lost: /^失联：[^a-z]*应答$/, only: '此页面仅供技术员使用。' }],
  ['desk', desk, 'en-GB', { open: 'Technician', audit: 'Audit trail', configuration: 'Configuration', stop: /^Emergency stop of /, reset: 'Reset', sureReset: 'Yes, Reset',
    lockout: 'Lock out', sureLockout: 'Yes, Lock out', why: 'Why', missing: 'Say why.', clear: 'Clear quarantine', sureClear: 'Yes, Clear quarantine', quarantined: 'Quarantined', show: 'Show',
    person: 'Person', kind: 'What happened', refusals: 'Only refusals', older: 'Older', save: 'Save what is shown (CSV)', refused: /refused: /, trouble: /^Need somebody/, more: 'Failures, reaction times, commands',
    minute: /Failed in the last minute: .*without an answer/, lost: /^Lost: .*answer/, only: 'This page is for technicians.' }],
];

async function open(viewport, language, w, colorScheme) {
  const page = await browser.device(viewport, { language, colorScheme, acceptDownloads: true });
  await signIn(page, lab, 'tian');
  await page.getByRole('button', { name: w.open, exact: true }).click();
  await page.locator('[data-rig=drive-1] [data-instrument=drive]').waitFor();
  return page;
}

const rig = (page, name) => page.locator(`[data-rig=${name}]`);
/** What has been announced to who does not see the screen. */
const alerts = (page) => page.locator('[role=alert][aria-live=assertive]');

for (const [size, viewport, language, w] of cases) {
  test(`sees what is broken, stops, resets, locks out: ${size}, ${language}`, async () => {
    const page = await open(viewport, language, w, size === 'desk' ? 'dark' : 'light');
    const drive = rig(page, 'drive-1'), tank = rig(page, 'tank-1');
    // Where something fails is seen at the instrument, by its kind, while its neighbour on the line is well.
    const failures = async (one) => (await one.getAttribute('data-failures')).split(',').map(Number);
    const motor = drive.locator('[data-instrument=drive]');
    const [timeouts] = await failures(motor);
    await lab.ctl('fault', 'motor:2', 'unheard');
    await page.locator('[data-rig=drive-1] [data-instrument=drive][data-up=false]').waitFor();
    await drive.getByText(w.minute).waitFor();
    await motor.getByText(w.lost).waitFor();
    assert.ok((await failures(motor))[0] > timeouts, 'timeouts of the drive');
    assert.equal(await rig(page, 'tank-2').locator('[data-instrument=plc]').getAttribute('data-up'), 'true');
    await page.getByRole('button', { name: w.trouble }).click();
    await tank.waitFor({ state: 'detached' });
    await picture(page, `technician-trouble-${size}-${language}`);
    await lab.ctl('clear', 'motor:2');
    await page.locator('main > fieldset button').first().click();

    // The emergency stop is one press, the reset one more that is sure. What is announced does not stay: it is kept from before.
    await alerts(page).evaluate((region) => {
      window.announced = '';
      const keep = () => (window.announced += region.textContent);
      new MutationObserver(keep).observe(region, { childList: true, characterData: true, subtree: true });
    });
    await tank.getByRole('button', { name: w.stop }).click();
    await tank.locator('.mark.abnormal').waitFor();
    await until(() => page.evaluate(() => window.announced !== ''), 'the stop to be announced');
    await lab.ask('wait_safe', 'tank-2');
    await tank.getByRole('button', { name: w.reset, exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.locator('dialog[open]').getByRole('button', { name: w.sureReset }).focus();
    await page.keyboard.press('Enter');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    await tank.locator('.mark.abnormal').waitFor({ state: 'detached' });

    // A lock-out has a reason; removing it is not for a page.
    await drive.getByRole('button', { name: w.lockout, exact: true }).click();
    const dialog = page.locator('dialog[open]');
    await dialog.getByRole('button', { name: w.sureLockout }).click();
    await dialog.getByText(w.missing).waitFor();
    await dialog.getByLabel(w.why, { exact: true }).fill('<b>new brushes</b>');
    await picture(page, `technician-lockout-${size}-${language}`);
    assert.deepEqual(await accessibility(page), []);
    await dialog.getByRole('button', { name: w.sureLockout }).click();
    await drive.getByText('<b>new brushes</b>').waitFor();
    await drive.getByText(/labctl --socket \S+control\.sock lockout drive-1 --remove --of tian REASON/).waitFor();
    assert.ok((await drive.textContent()).includes(HOSTILE), 'a title is text');
    assert.equal(await page.locator('main img').count(), 0);
    await drive.locator('summary').click();
    await drive.locator('tr', { hasText: 'overcurrent' }).waitFor();
    assert.equal(await drive.locator('.scrolled').evaluateAll((all) => all.filter((each) => each.scrollWidth > each.clientWidth).length), 0, 'tables that are cut');
    await drive.scrollIntoViewIfNeeded();
    await picture(page, `technician-rigs-${size}-${language}`);
    assert.deepEqual(await accessibility(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
    await lab.ask('unlock', 'drive-1', 'tian');
    await drive.getByText('<b>new brushes</b>').waitFor({ state: 'detached' });
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });

  test(`clears a quarantine, and finds all of it in the audit trail: ${size}, ${language}`, async () => {
    const student = `chen-${size}`;
    await lab.ask('wait_safe', 'tank-1');
    await lab.do(student, { book: { rig: 'tank-1', ends: Date.now() + 600_000, key: `to be quarantined ${size}` } });
    await lab.ask('join_and_take', student, 'tank-1');
    await lab.ask('set', student, 'plc.fill', 'open');
    await lab.ctl('fault', 'tank', 'frozen', 'fill_closed');
    await lab.do(student, { leave: {} });
    const page = await open(viewport, language, w, size === 'phone' ? 'dark' : 'light');
    const tank = rig(page, 'tank-1');
    await assert.rejects(lab.do(student, { clear: { rig: 'tank-1' } }), /not-allowed/);
    await tank.getByRole('button', { name: w.clear, exact: true }).waitFor();
    await picture(page, `technician-quarantine-${size}-${language}`);
    await lab.ctl('clear', 'tank');
    await tank.getByRole('button', { name: w.clear, exact: true }).click();
    await picture(page, `technician-clear-${size}-${language}`);
    await page.getByRole('button', { name: w.sureClear }).click();
    await tank.getByRole('button', { name: w.clear, exact: true }).waitFor({ state: 'detached' });
    await endSession(lab, student, 'tank-1');

    await page.getByRole('link', { name: w.audit }).click();
    await page.locator('.trail li').first().waitFor();
    const numbers = async () => (await page.locator('.trail li').evaluateAll((list) => list.map((each) => Number(each.dataset.number))));
    const first = await numbers();
    assert.deepEqual(first, [...first].sort((a, b) => b - a), 'the newest comes first');
    await page.getByRole('button', { name: w.older }).click();
    await page.waitForFunction((last) => Number(document.querySelector('.trail li').dataset.number) < last, first.at(-1));
    await page.locator('select[name=kind]').selectOption('clear');
    await page.locator('form button.main').click();
    await page.waitForFunction(() => [...document.querySelectorAll('.trail li')].every((each) => each.dataset.kind === 'clear'));
    await page.getByText('Tian Wei').first().waitFor();
    await page.locator('select[name=kind]').selectOption('');
    await page.getByLabel(w.person).fill(student);
    await page.getByLabel(w.refusals).check();
    await page.locator('form button.main').click();
    await page.locator('.trail li[data-reason=not-allowed]').first().waitFor();
    assert.equal(await page.locator('.trail li:not(.refused)').count(), 0, 'only refusals');
    await page.locator('.trail').getByText(w.refused).first().waitFor();
    await picture(page, `technician-audit-${size}-${language}`);
    assert.deepEqual(await accessibility(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: w.save }).click()]);
    assert.match(readFileSync(await file.path(), 'utf8'), /not-allowed/);
    await page.getByLabel(w.person).fill('nobody at all');
    await page.locator('form button.main').click();
    await page.locator('.problem[role=alert]').waitFor();

    await page.getByRole('link', { name: w.configuration, exact: true }).click();
    await page.getByText(/^[0-9a-f]{32}$/).first().waitFor();
    await page.getByText(/^labgate plan \//).waitFor();
    await page.getByText(/^labctl --socket \S+ reload$/).waitFor();
    await picture(page, `technician-configuration-${size}-${language}`);
    assert.deepEqual(await accessibility(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}

test('is for technicians', async () => {
  const [, , language, w] = cases[1];
  const page = await browser.device(phone, { language });
  await signIn(page, lab, 'chen-desk');
  assert.equal(await page.getByRole('button', { name: w.open, exact: true }).count(), 0);
  await page.goto(lab.page + '#/technician');
  await page.getByText(w.only).waitFor();
  await page.context().close();
});
