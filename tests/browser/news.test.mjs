// What the laboratory tells a student in the page: places in the queue, offers, what became of bookings; and a teacher's approval.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PbfReader } from '../../gateway/console/node_modules/pbf/index.js';
import { accessibility, comes, desk, endSession, phone, picture, signIn, startBrowser, startLab, until } from './harness.mjs';

const HOUR = 3_600_000;
const GROUPS = `
schools: {xidian: {}}
groups: {projects: {school: xidian, policy: project}}
policies: {project: {approval: teacher}}
`;

let lab, browser;
before(async () => {
  [lab, browser] = await Promise.all([
    startLab([['    session: {on_handover: keep}\n', '    session: {on_handover: keep}\n' + GROUPS]]),
    startBrowser(),
  ]);
  for (const [name, role, title] of [['anna', 'student', 'Anna Zhang'], ['bo', 'student', 'Bo Chen'], ['dan', 'student', 'Dan Liu'],
    ['wang', 'teacher', 'Wang Min'], ['tian', 'technician', 'Tian Yu'], ['shen', 'scheduler', 'Shen Hua']]) await lab.account(name, role, title);
  await lab.ask('put_in', 'projects', ['bo']);
});
after(async () => {
  await browser?.stop();
  await lab?.stop();
});

const words = {
  'en-GB': { rig: 'Water tank level control', bench: 'Filter on the electronics bench', capability: 'Electronics', book: 'Book', queue: 'As soon as it is free', place: 'number 1', about: 'Your turn at about',
    take: 'Take it', on: 'Your session is on', longer: '15 min longer', cancelled: 'had to cancel your booking', made: 'A booking was made for you, and 2 more with it.', seen: 'I have seen this' },
  'zh-CN': { rig: '水箱液位控制', bench: '电子实验台滤波器', capability: '电子技术', book: '预约', queue: '一有空闲就开始', place: '排第 1 位', about: '轮到您',
    take: '接受', on: '实验进行中', longer: '延长 15 分钟', cancelled: '实验室取消了您的预约', made: '已为您安排预约，另有 2 个一并安排。', seen: '知道了' },
};
const mine = async (name) => (await lab.do(name, { bookings: {} })).bookings.bookings ?? [];

for (const [size, viewport, language] of [['phone', phone, 'en-GB'], ['desk', desk, 'zh-CN']]) {
  test(`waits in the queue, takes what is offered, stays longer: ${size}, ${language}`, async () => {
    const w = words[language];
    const { bookings: { bookings: [taken] } } = await lab.do('shen', { book: { rig: 'tank-1', ends: Date.now() + HOUR } });
    const page = await browser.device(viewport, { language });
    await signIn(page, lab, 'anna');
    await page.locator('.rig-card', { hasText: w.rig }).locator('button', { hasText: w.book }).click();
    await page.locator('dialog[open]').getByRole('button', { name: w.queue }).click();
    await page.locator('dialog[open] button.main').click();
    const place = page.locator('[data-news=place]', { hasText: w.rig });
    await place.waitFor();
    assert.match(await place.innerText(), new RegExp(w.place));
    assert.match(await place.innerText(), new RegExp(w.about));
    await picture(page, `news-${size}-1-waits`);
    assert.deepEqual(await accessibility(page), []);
    await lab.do('shen', { cancel: { booking: taken.id } });
    const offer = page.locator('[data-news=offer].banner');
    await comes(page, offer);
    await picture(page, `news-${size}-2-offer`);
    assert.deepEqual(await accessibility(page), []);
    await offer.getByRole('button', { name: w.take }).click();
    await page.getByText(w.on).waitFor();
    const live = (await mine('anna')).find(({ state }) => state === 'LIVE' || state === 'CONFIRMED');
    assert.equal(live.rig, 'tank-1');
    await page.getByRole('button', { name: w.longer }).click();
    await until(async () => (await mine('anna')).find(({ id }) => id === live.id).ends === live.ends + 15 * 60_000, 'the booking to end later');
    await page.getByRole('button', { name: w.longer }).waitFor();
    assert.equal(await page.locator('[data-news=offer].banner').count(), 0);
    await lab.do('anna', { cancel: { booking: live.id } });
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });

  test(`is told what others did to bookings, until it was seen: ${size}, ${language}`, async () => {
    const w = words[language];
    const starts = Date.now() + (size === 'phone' ? 24 : 48) * HOUR;
    const page = await browser.device(viewport, { language });
    await signIn(page, lab, 'anna');
    await lab.do('shen', { book: { wishes: [0, 3, 6].map((later) => ({ rig: 'bench-1', starts: starts + later * HOUR,
      ends: starts + (later + 1) * HOUR, holder: 'anna' })) } });
    await comes(page, page.locator('[data-news=booked]', { hasText: w.made }));
    await lab.do('tian', { maintain: { rigs: ['bench-1'], starts, ends: starts + HOUR, reason: 'new pump' } });
    const cancelled = page.locator('[data-news=cancelled]', { hasText: w.cancelled });
    await comes(page, cancelled);
    assert.match(await cancelled.innerText(), /new pump/);
    assert.match(await cancelled.innerText(), new RegExp(w.bench));
    await picture(page, `news-${size}-3-told`);
    assert.deepEqual(await accessibility(page), []);
    await page.getByRole('button', { name: w.seen }).click();
    await cancelled.waitFor({ state: 'detached' });
    assert.deepEqual((await lab.do('anna', { notices: {} })).notices?.notices ?? [], []);
    for (const { id, state } of await mine('anna')) if (state === 'CONFIRMED') await lab.do('anna', { cancel: { booking: id } });
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}

for (const language of ['en-GB', 'zh-CN']) {
  test(`says by its title what somebody waits for: ${language}`, async () => {
    const { bookings: { bookings: [taken] } } = await lab.do('shen', { book: { rig: 'bench-1', ends: Date.now() + HOUR } });
    await lab.do('dan', { enqueue: { capability: 'electronics', length: HOUR, until: Date.now() + 4 * HOUR } });
    const page = await browser.device(phone, { language });
    await signIn(page, lab, 'dan');
    const place = page.locator('[data-news=place]');
    await place.waitFor();
    assert.match(await place.innerText(), new RegExp(words[language].capability));
    await place.getByRole('button').click();
    await place.waitFor({ state: 'detached' });
    await lab.do('shen', { cancel: { booking: taken.id } });
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}

/** After which number each of the page's requests for notices wants them: Request.notices and Notices.after of lab.proto. */
function newsAskedFor(page) {
  const asked = [];
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => new PbfReader(payload.subarray(4)).readFields((field, _, request) => {
    if (field === 80)
      asked.push(request.readMessage((inner, found, notices) => { if (inner === 96) found.after = notices.readVarint(); }, { after: 0 }).after);
  }, {})));
  return asked;
}

test('what was told is not asked for again, and in a session only with the bookings', async () => {
  const starts = Date.now() + 96 * HOUR;
  const wish = (later) => ({ rig: 'bench-1', starts: starts + later * HOUR, ends: starts + (later + 1) * HOUR, holder: 'dan' });
  await lab.do('shen', { book: { wishes: [wish(0)] } });
  await lab.do('dan', { book: { rig: 'tank-1', ends: Date.now() + HOUR } });
  const [home, rig] = await Promise.all([browser.device(desk), browser.device(phone)]);
  const [atHome, inSession] = [newsAskedFor(home), newsAskedFor(rig)];
  for (const page of [home, rig]) {
    await signIn(page, lab, 'dan');
    await page.locator('[data-news=booked]').waitFor();
  }
  await rig.getByRole('button', { name: 'Enter' }).first().click();
  await rig.locator('.tile[data-point="plc.level"]').waitFor();
  await until(() => inSession.filter((after) => !after).length === 2 && inSession[inSession.length - 1], 'the session to ask with its first bookings');
  const [first, before] = [atHome.length, inSession.length];
  await lab.do('shen', { book: { wishes: [wish(3)] } });
  await until(() => atHome.length >= first + 2, 'the list of rigs to have asked twice');
  await home.locator('[data-news=booked]').nth(1).waitFor();
  assert.equal(atHome.filter((after) => !after).length, 1, `asked for what came after ${atHome}`);
  assert.equal(inSession.length, before, `in the session asked for what came after ${inSession}`);
  await home.getByRole('button', { name: 'I have seen this' }).click();
  await home.locator('[data-news=booked]').first().waitFor({ state: 'detached' });
  for (const page of [home, rig]) {
    assert.deepEqual(page.problems, []);
    await page.context().close();
  }
  await endSession(lab, 'dan', 'tank-1');
});

test('a teacher approves in the page what a student has asked for there', async () => {
  const starts = Date.now() + 72 * HOUR;
  const [bo, wang] = await Promise.all([browser.device(phone), browser.device(desk)]);
  await lab.do('bo', { book: { rig: 'tank-1', starts, ends: starts + HOUR } });
  await signIn(bo, lab, 'bo');
  await bo.getByText('waits for approval').waitFor();
  await signIn(wang, lab, 'wang');
  const asked = wang.locator('[data-news=to-approve]');
  await asked.waitFor();
  assert.match(await asked.innerText(), /Bo Chen/);
  await picture(wang, 'news-desk-4-approval');
  assert.deepEqual(await accessibility(wang), []);
  await asked.getByRole('button', { name: 'Approve' }).click();
  await asked.getByRole('button', { name: 'Approve' }).waitFor({ state: 'detached' });
  assert.equal((await mine('bo'))[0].state, 'CONFIRMED');
  await comes(bo, bo.locator('[data-news=approved]'));
  await bo.getByText('waits for approval').waitFor({ state: 'detached' });
  for (const page of [bo, wang]) {
    assert.deepEqual(page.problems, []);
    await page.context().close();
  }
});
