// Practice: a simulator of one's own, at once or in the order of asking, and marked as what it is.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibility, desk, phone, picture, signIn, startBrowser, startLab } from './harness.mjs';

let lab, browser;
before(async () => {
  [lab, browser] = await Promise.all([
    startLab([['    safe:\n      - set: {plc.heater: off, plc.pump: 0 %, plc.fill: closed}\n      - set: {plc.drain: open,',
      '    practice: {at_most: 1, instruments: {plc: tank}}\n    safe:\n      - set: {plc.heater: off, plc.pump: 0 %, plc.fill: closed}\n      - set: {plc.drain: open,']]),
    startBrowser(),
  ]);
  await lab.account('anna', 'student', 'Anna Zhang');
  await lab.account('bo', 'student', 'Bo Chen');
});
after(async () => {
  await browser?.stop();
  await lab?.stop();
});

const words = {
  'en-GB': { rig: 'Water tank level control', practise: 'Practise', mine: 'You are in control', leave: 'Leave', place: 'You are number 1', simulation: 'Nothing real moves', open: 'open' },
  'zh-CN': { rig: '水箱液位控制', practise: '练习', mine: '由您控制', leave: '离开', place: '您排在第 1 位', simulation: '真实设备不会动作', open: '打开' },
};

for (const [size, viewport, language] of [['phone', phone, 'en-GB'], ['desk', desk, 'zh-CN']]) {
  test(`practises, and the next one waits for it: ${size}, ${language}`, async () => {
    const w = words[language];
    const [anna, bo] = await Promise.all([browser.device(viewport, { language }), browser.device(viewport, { language })]);
    await signIn(anna, lab, 'anna');
    await picture(anna, `practice-${size}-1-rigs`);
    const practise = (page) => page.locator('.rig-card', { hasText: w.rig }).locator('button', { hasText: w.practise }).first().click();
    await practise(anna);
    await anna.getByText(w.mine).first().waitFor();
    const banner = anna.locator('.banner.simulated', { hasText: w.simulation });
    await banner.waitFor();
    assert.equal(await banner.evaluate((each) => getComputedStyle(each).borderStyle), 'dashed');
    await anna.locator('.control[data-point="plc.fill"]').getByRole('button', { name: w.open }).click();
    await anna.locator('.control[data-point="plc.fill"] [data-press=confirmed]').waitFor();
    assert.equal((await lab.ask('truth', 'tank')).fill_open, '0'); // the real one stands still
    await picture(anna, `practice-${size}-2-simulation`);
    assert.deepEqual(await accessibility(anna), []);
    await signIn(bo, lab, 'bo');
    await practise(bo);
    await bo.getByText(w.place).waitFor();
    await picture(bo, `practice-${size}-3-waits`);
    assert.deepEqual(await accessibility(bo), []);
    await anna.getByRole('button', { name: w.leave, exact: true }).click();
    await anna.locator('.rig-card').first().waitFor();
    await bo.getByText(w.mine).first().waitFor();
    assert.equal(await bo.locator('.control[data-point="plc.fill"] [data-press]').count(), 0); // a plant of his own, as new
    await bo.getByRole('button', { name: w.leave, exact: true }).click();
    await bo.locator('.rig-card').first().waitFor();
    for (const page of [anna, bo]) {
      assert.deepEqual(page.problems, []);
      await page.context().close();
    }
  });
}
