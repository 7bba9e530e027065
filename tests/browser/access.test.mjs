// The page for who has no mouse, wants it dark or without motion, or has no line at all.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibility, desk, endSession, PASSWORD, phone, picture, signIn, startBrowser, startLab, takeControl } from './harness.mjs';
import { startLine } from './proxy.mjs';

const TANK = 'Water tank level control';
let lab, browser;
before(async () => {
  [lab, browser] = await Promise.all([startLab(), startBrowser()]);
  await lab.account('anna', 'student', 'Anna Zhang');
  await lab.account('tian', 'technician', 'Tian Yu');
});
after(async () => {
  await browser?.stop();
  await lab?.stop();
});

/** By Tab alone to an element of that selector, `within` something that has this text; every stop on the way must be seen:
 * a ring around it, and nothing over it. */
async function tabTo(page, selector, within = '', most = 80) {
  const met = [];
  while (met.length < most) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(([wanted, text]) => {
      const element = document.activeElement;
      if (!element || element === document.body) return { what: 'body', there: false, seen: true };
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const { left, top, width, height } = element.getBoundingClientRect();
      const over = document.elementFromPoint(left + width / 2, top + height / 2);
      return {
        what: element.outerHTML.slice(0, 120),
        there: element.matches(wanted) && (!text || !!element.closest('li, dialog, section, main')?.textContent?.includes(text)),
        seen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && !!over && (element.contains(over) || over.contains(element)),
      };
    }, [selector, within]);
    met.push(at.what);
    assert.ok(at.seen, `the focus cannot be seen on ${at.what}`);
    if (at.there) return;
  }
  assert.fail(`no Tab led to ${selector}, but to\n${met.join('\n')}`);
}

for (const [size, viewport] of [['phone', phone], ['desk', desk]]) {
  test(`a session by keyboard alone, to the emergency stop: ${size}`, async () => {
    const page = await browser.device(viewport);
    const { keyboard } = page;
    await page.goto(lab.page);
    await page.locator('input[name=name]').waitFor();
    await tabTo(page, 'input[name=name]');
    await keyboard.type('anna');
    await tabTo(page, 'input[name=password]');
    await keyboard.type(PASSWORD);
    await keyboard.press('Enter');
    await page.locator('.rig-card').first().waitFor();
    await tabTo(page, '.rig-card button.main', TANK);
    await keyboard.press('Enter');
    await page.locator('dialog[open]').waitFor();
    await tabTo(page, 'dialog[open] button.main');
    await keyboard.press('Enter');
    await page.locator('button.main', { hasText: /^Start$/ }).waitFor();
    await tabTo(page, 'button.main', 'Start');
    await keyboard.press('Enter');
    await page.getByText('You are in control').first().waitFor();
    await tabTo(page, '.control[data-point="plc.fill"] .segments button:last-child');
    await keyboard.press('Space');
    await page.locator('.control[data-point="plc.fill"] [data-press=confirmed]').waitFor();
    await picture(page, `keyboard-${size}`);
    await tabTo(page, 'button.stop');
    await keyboard.press('Enter');
    await page.locator('.banner.abnormal').waitFor();
    const { rigs } = await lab.do('anna', { rigs: {} });
    assert.equal(rigs.rigs.find(({ name }) => name === 'tank-1').status.stopped, true);
    assert.deepEqual(page.problems, []);
    await page.context().close();
    await lab.do('tian', { reset: { rig: 'tank-1' } });
    await endSession(lab, 'anna', 'tank-1');
  });
}

/** Of the page's ground, 0 black to 1 white. */
const brightness = (page) => page.evaluate(() => {
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
  return (0.21 * red + 0.72 * green + 0.07 * blue) / 255;
});

test('who has it dark has all of it dark and in contrast, and without motion nothing moves', async () => {
  const page = await browser.device(phone, { colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.goto(lab.page);
  await page.locator('input[name=name]').waitFor();
  assert.ok(await brightness(page) < 0.2);
  assert.deepEqual(await accessibility(page), []);
  await signIn(page, lab, 'anna');
  assert.deepEqual(await accessibility(page), []);
  await takeControl(page, TANK);
  await page.locator('.tile[data-quality=good]').first().waitFor();
  await page.locator('.stop').click();
  await page.locator('.banner.abnormal').waitFor();
  assert.deepEqual(await accessibility(page), []);
  await picture(page, 'dark-stopped');
  assert.deepEqual(await page.evaluate(() => document.getAnimations().map(({ effect }) => effect.target.outerHTML.slice(0, 80))), []);
  assert.deepEqual(page.problems, []);
  await page.context().close();
  await lab.do('tian', { reset: { rig: 'tank-1' } });
  await endSession(lab, 'anna', 'tank-1');
});

test('the page opens without a line, and what it showed before is old and never live', async () => {
  const line = await startLine(lab.page);
  const page = await browser.device(phone);
  await signIn(page, { page: line.page }, 'tian');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await page.locator('.rig-card', { hasText: TANK }).getByRole('button', { name: 'Look' }).click();
  await page.locator('.tile[data-point="plc.level"][data-quality=good]').waitFor();
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  await line.stop();
  await page.locator('.tile[data-point="plc.level"][data-quality=stale]').waitFor();
  assert.equal(await page.locator('[data-quality=good]').count(), 0);
  await page.locator('.banner', { hasText: 'What is shown is' }).waitFor();
  await picture(page, 'offline-old');
  await page.reload();
  await page.locator('.line-banner').waitFor();
  assert.equal(await page.locator('[data-quality=good]').count(), 0);
  await page.locator('h1', { hasText: TANK }).waitFor();
  await page.locator('[data-seen] h2', { hasText: 'old' }).waitFor();
  await page.locator('[data-seen] li', { hasText: /^Level\s*[\d.]+ ?mm/ }).waitFor();
  await picture(page, 'offline-opened');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
