// A student's way through the page, on a phone and on a desk, in both languages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibility, desk, endSession, phone, picture, signIn, startBrowser, startLab, takeControl } from './harness.mjs';

const GROUPS = `
schools: {xidian: {}}
groups: {class-1: {school: xidian, policy: brief}}
policies: {brief: {shortest: 15 min}}
`;

let lab, browser;
before(async () => {
  [lab, browser] = await Promise.all([startLab([['    session: {on_handover: keep}\n', '    session: {on_handover: keep}\n' + GROUPS]]), startBrowser()]);
  await lab.account('anna', 'student', 'Anna Zhang');
  await lab.account('tian', 'technician', 'Tian Yu');
  await lab.account('chen', 'student', 'Chen Li');
  await lab.ask('put_in', 'class-1', ['chen']);
});
after(async () => {
  await browser?.stop();
  await lab?.stop();
});

/** As the next student finds it. */
async function clear(rig) {
  await lab.do('tian', { reset: { rig } });
  await endSession(lab, 'anna', rig);
}

const words = {
  'en-GB': { rig: 'Water tank level control', capability: 'Process control', fill: 'open', drain: 'closed' },
  'zh-CN': { rig: '水箱液位控制', capability: '过程控制', fill: '打开', drain: '关闭' },
};

for (const [size, viewport] of [['phone', phone], ['desk', desk]]) {
  for (const language of ['en-GB', 'zh-CN']) {
    test(`books, enters, moves the plant and leaves: ${size}, ${language}`, async () => {
      const name = `${size}-${language}`;
      const { rig, fill } = words[language];
      const page = await browser.device(viewport, { language });
      await page.goto(lab.page);
      await picture(page, `${name}-1-sign-in`);
      assert.deepEqual(await accessibility(page), []);
      await signIn(page, lab, 'anna');
      await page.getByRole('button', { name: words[language].capability, exact: true }).waitFor();
      await picture(page, `${name}-2-rigs`);
      assert.deepEqual(await accessibility(page), []);
      await takeControl(page, rig);
      const control = (point) => page.locator(`.control[data-point="${point}"]`);
      await control('plc.fill').getByRole('button', { name: fill }).click();
      await control('plc.fill').locator('[data-press=confirmed]').waitFor();
      await picture(page, `${name}-3-session`);
      assert.deepEqual(await accessibility(page), []);
      await control('plc.heater').locator('button').last().click();
      await control('plc.heater').locator('[data-reason=not-permitted]', { hasText: 'heater-needs-water' }).waitFor();
      await control('plc.pump').locator('input[inputmode]').fill('250');
      await control('plc.pump').locator('input[inputmode]').press('Enter');
      await control('plc.pump').locator('[data-reason=out-of-range]').waitFor();
      await control('plc.pump').scrollIntoViewIfNeeded();
      await picture(page, `${name}-4-refused`);
      await control('plc.pump').locator('[data-press=refused] button').click();
      await control('plc.pump').locator('[data-press=ramping]').waitFor();
      await page.locator('.stop').click();
      await page.locator('.banner.abnormal').waitFor();
      await picture(page, `${name}-5-stopped`);
      assert.deepEqual(await accessibility(page), []);
      await page.evaluate(() => document.querySelectorAll('details').forEach((each) => { each.open = true; }));
      if (language === 'zh-CN') assert.doesNotMatch(await page.locator('.rules').innerText(), /limit of/);
      await page.screenshot({ path: `build/browser/${name}-6-whole.png`, fullPage: true });
      assert.deepEqual(page.problems, []);
      await page.context().close();
      await clear('tank-1');
    });
  }
}

test('what begins now is as long as was asked for: the way to the gateway takes nothing from the shortest that may be', async () => {
  const page = await browser.device(phone);
  await signIn(page, lab, 'chen');
  await page.locator('.rig-card', { hasText: 'Filter on the electronics bench' }).getByRole('button', { name: 'Book' }).click();
  const sheet = page.locator('dialog[open]');
  await sheet.getByRole('button', { name: '15 min', exact: true }).click();
  await sheet.locator('button.main').click();
  await page.getByRole('button', { name: 'Start', exact: true }).or(sheet.getByRole('alert')).waitFor();
  assert.deepEqual(await sheet.getByRole('alert').allInnerTexts(), []);
  const { bookings: { bookings: [made] } } = await lab.do('chen', { bookings: {} });
  assert.ok(made.ends - made.starts >= 15 * 60_000, `${made.ends - made.starts} ms`);
  assert.deepEqual(page.problems, []);
  await page.context().close();
  await endSession(lab, 'chen', 'bench-1');
});
