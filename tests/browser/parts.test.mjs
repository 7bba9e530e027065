// Parts of the page by themselves, with what they are given made up: what is rare on a rig, or takes long to come about.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { served } from './bundle.mjs';
import { desk, startBrowser, until } from './harness.mjs';

const PARTS = `
import { h, render } from 'preact';
import { signal } from '@preact/signals';
import { Condition } from 'lab.proto';
import { RigBanners } from './components/rig-banners';
import { tickTexts } from './format/number';
import { bus } from './state/bus';
import { rigs } from './state/lab';
import { language, zone } from './state/settings';
import { Handles } from './views/scope/handles';
import { Save } from './views/scope/save';
import { ScopeState } from './views/scope/state';
import * as timetable from './views/scheduler/state';
import { RigsTab } from './views/technician/rigs';
import { health } from './views/technician/state';
Object.assign(globalThis, { h, render, signal, Condition, RigBanners, tickTexts, bus, language, zone, Handles, Save, ScopeState, timetable, rigs, RigsTab, health });

/** A rig with an oscilloscope of each name; points are numbers, by their names. */
globalThis.rigWith = (names, points) => {
  const live = new Map();
  const rig = {
    name: 'bench', detail: signal(undefined), seat: { id: signal(0), inControl: signal(false) }, point: (name) => live.get(name),
    take(values) { // as Rig does with another configuration
      live.clear();
      for (const [name, number] of Object.entries(values))
        live.set(name, { point: { name, choices: [{ number: 0, name: 'CHANnel1' }] }, value: signal({ time: 1, quality: 0, number }) });
      rig.detail.value = { waveforms: names.map((name) => ({ name: name + '.ch1', title: name, title_zh: '', unit: 'V' })) };
    },
  };
  rig.take(points);
  return rig;
};
globalThis.show = (part, props) => render(h(part, props), document.querySelector('main'));
`;

let parts, browser, page;
before(async () => {
  [parts, browser] = await Promise.all([served(PARTS), startBrowser()]);
});
beforeEach(async () => {
  await page?.context().close();
  page = await browser.device(desk);
});
after(async () => {
  await browser?.stop();
  await parts?.stop();
});
const opens = () => page.goto(parts.page);

test('what a handle says is of the oscilloscope that was chosen, and of the configuration in force', async () => {
  await opens();
  await page.evaluate(() => {
    globalThis.points = (volts) => Object.fromEntries(['a', 'b'].flatMap((name, i) => [['ch1_offset', volts + i], ['ch1_scale', 10 * (volts + i)],
      ['trigger_level', volts + i], ['trigger_source', 0]].map(([point, value]) => [`${name}.${point}`, value])));
    globalThis.rig = rigWith(['a', 'b'], points(1));
    globalThis.state = new ScopeState(rig);
    state.cursors.value = true;
    show(Handles, { state, size: { width: 600, height: 400 } });
  });
  const says = (handle, text) => until(async () => await page.locator(`.handle.${handle}`).getAttribute('aria-valuetext') === text, `${handle} to say ${text}`);
  const all = async (volts) => {
    for (const handle of ['zero', 'level']) await says(handle, `${volts} V`);
    await says('v1', `${15 * volts} V`); // a share of 0.3 from above: 1.6 divisions up
  };
  await all(1);
  await page.evaluate(() => { state.chosen.value = 1; });
  await all(2);
  await page.evaluate(() => rig.take(points(4)));
  await all(5);
  assert.deepEqual(page.problems, []);
});

test('a rig says why nothing can be done: each reason by its own, in the reader’s language', async () => {
  await opens();
  const says = (status, language) => page.evaluate(([given, chosen]) => {
    language.value = chosen;
    const status = { trips: [], why: '', ...given, condition: Condition[given.condition] };
    show(RigBanners, { rig: { status: signal(status), seat: { id: signal(0) }, detail: signal(undefined) } });
    return [...document.querySelectorAll('.banner')].map((banner) => (banner.matches('.abnormal') ? '! ' : '') + banner.textContent);
  }, [status, language]);
  await until(async () => (await says({ condition: 'SAFE', why: 'cancelled' }, 'zh'))[0].endsWith('已取消'), 'the sentences to be fetched');
  const quarantined = { condition: 'QUARANTINED', why: 'it was in quarantine when the gateway started' };
  assert.deepEqual(await says(quarantined, 'en'),
    ['! The rig could not be verified safe and waits for a technician: it was in quarantine when the gateway started']);
  assert.deepEqual(await says(quarantined, 'zh'), ['! 未能确认实验台处于安全状态，等待技术员处理：网关启动时已处于隔离']);
  assert.deepEqual(await says({ ...quarantined, locked_out: true, why: 'cancelled' }, 'en'),
    ['! Locked out: cancelled', '! The rig could not be verified safe and waits for a technician']);
  assert.deepEqual(await says({ condition: 'UNAVAILABLE', locked_out: true, why: 'cancelled' }, 'zh'), ['! 已挂牌锁定：cancelled', '! 无法连接实验台']);
  const local = { condition: 'SAFE', why: "the rig's own switch says local operation (plc.local)" };
  assert.deepEqual(await says(local, 'en'), ["! Nobody can control the rig from here: the rig's own switch says local operation (plc.local)"]);
  assert.deepEqual(await says(local, 'zh'), ['! 目前不能远程操作：实验台的就地开关处于本地操作 (plc.local)']);
  const overdue = { condition: 'CONTROLLED', proof: { overdue: true, why: 'its proof test is 3 days overdue' } };
  assert.deepEqual(await says(overdue, 'en'), ['The interlocks’ proof test is overdue: its proof test is 3 days overdue']);
  assert.deepEqual(await says(overdue, 'zh'), ['联锁的验证试验已逾期：验证试验已过期 3 天']);
  assert.deepEqual(await says({ condition: 'SAFE', proof: { overdue: false, why: '' } }, 'en'), []);
  assert.deepEqual(page.problems, []);
});

test('a technician reads in Chinese why a proof test is overdue', async () => {
  await opens();
  await page.evaluate(() => {
    language.value = 'zh';
    health.value = { links: [] };
    const proof = { overdue: true, why: 'its latest proof test failed; of a new test 3 of 20 causes are done' };
    rigs.value = [{ name: 'tank', title: '', title_zh: '', status: { condition: Condition.SAFE, trips: [], bypasses: [], seats: [], why: '', proof } }];
    show(RigsTab, {});
  });
  await page.getByText('验证试验已逾期：最近一次验证试验未通过；新的试验已完成 20 个原因中的 3 个').waitFor();
  assert.deepEqual(page.problems, []);
});

test('who clears a quarantine is told why it was, and not why the rig is locked out', async () => {
  await opens();
  const text = async (more) => {
    await page.evaluate(opensSheet, more);
    return page.locator('dialog').textContent();
  };
  const opensSheet = (given) => {
    health.value = { links: [] };
    const status = { condition: Condition.QUARANTINED, trips: [], bypasses: [], seats: [], ...given };
    rigs.value = [{ name: 'tank', title: '', title_zh: '', status }];
    show(RigsTab, { key: given.why });
    [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'Clear quarantine').click();
  };
  assert.match(await text({ why: 'the safe sequence could not be verified' }), /out of service: the safe sequence could not be verified\. Clear it only/);
  const locked = await text({ why: 'Wiring', locked_out: true });
  assert.match(locked, /Clear it only/);
  assert.doesNotMatch(locked, /Wiring/);
  assert.deepEqual(page.problems, []);
});

test('a picture that is taken home is as old as its trace, says so, and is in no live colour when the line is dead', async () => {
  await opens();
  const taken = (live, chosen) => page.evaluate(async ([live, chosen]) => {
    zone.value = chosen;
    const state = new ScopeState(rigWith(['a'], {}));
    const times = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i / 10));
    const ago = 65_000; // ms
    bus.clock.heard({ boot: 1, time: 1e12 });
    const wall = Date.now() - ago;
    state.live.traces.value = new Map([[0, { wave: { lows: times, highs: times, first: -5e-3, step: 1e-4 }, time: bus.clock.now() - ago * 1e6, why: '' }]]);
    bus.line.state.value = live ? 'open' : 'lost';
    bus.line.heardAt = performance.now();
    const texts = [];
    let colours;
    CanvasRenderingContext2D.prototype.fillText = (text) => texts.push(text);
    HTMLCanvasElement.prototype.toBlob = function (done) {
      colours = new Set(new Uint32Array(this.getContext('2d').getImageData(0, 0, this.width, this.height).data.buffer));
      done(null);
    };
    show(Save, { state });
    document.querySelectorAll('button')[1].click();
    return { text: texts.join(), wall, yellow: colours.has(0xff3ad8ff) };
  }, [live, chosen]);
  const stamps = (wall, hours) => [-1, 0, 1].map((more) => {
    const [day, time] = new Date(wall + more * 1000 + hours * 3_600_000).toISOString().slice(0, 19).split('T');
    return `${day.split('-').reverse().join('/')} ${time} UTC+${hours}`;
  });
  for (const [live, zone, hours] of [[true, 'beijing', 8], [false, 'xinjiang', 6]]) {
    const { text, wall, yellow } = await taken(live, zone);
    assert.ok(stamps(wall, hours).some((stamp) => text.includes(stamp)), `${text} instead of ${stamps(wall, hours)}`);
    assert.equal(yellow, live);
    assert.equal(/This is old/.test(text), !live, text);
  }
  assert.deepEqual(page.problems, []);
});

test('terms and holidays of a week are asked for as its bookings are, once at first and again while it is shown', async () => {
  await page.clock.install();
  await opens();
  await page.evaluate(() => {
    globalThis.asked = [];
    bus.ask = async (body) => {
      asked.push(Object.keys(body)[0]);
      return { bookings: { bookings: [], more: false }, days: { days: [{ starts: asked.length }] } };
    };
    globalThis.stop = timetable.follow();
  });
  const asked = () => page.evaluate(() => ({ days: globalThis.asked.filter((each) => each === 'days').length, bookings: globalThis.asked.filter((each) => each === 'bookings').length }));
  await page.clock.runFor(1_000);
  assert.deepEqual(await asked(), { days: 1, bookings: 1 });
  const first = await page.evaluate(() => timetable.calendar.value.days[0].starts);
  await page.clock.runFor(31_000);
  const later = await asked();
  assert.ok(later.days >= 3 && later.days === later.bookings, JSON.stringify(later));
  assert.ok(await page.evaluate(() => timetable.calendar.value.days[0].starts) > first);
  await page.evaluate(() => globalThis.stop());
  assert.deepEqual(page.problems, []);
});

test('the ticks of an axis have one prefix, and nothing is a nought', async () => {
  await opens();
  const texts = (ticks, unit) => page.evaluate(([ticks, unit]) => tickTexts(ticks, unit), [ticks, unit]);
  assert.deepEqual(await texts([0, 0.5, 1, 1.5], 'V'), ['0 V', '0.5 V', '1 V', '1.5 V']);
  assert.deepEqual(await texts([-2e-3, 1e-18, 2e-3], 'A'), ['-2 mA', '0 mA', '2 mA']);
  assert.deepEqual(await texts([0, 500, 1000], 'Hz'), ['0 kHz', '0.5 kHz', '1 kHz']);
  assert.deepEqual(await texts([900, 1200], 's'), ['900 s', '1200 s']);
  assert.deepEqual(await texts([0, 50], '%'), ['0 %', '50 %']);
  assert.deepEqual(await texts([0, 0], 'degC'), ['0 °C', '0 °C']);
  assert.deepEqual(await texts([1, 2], ''), ['1', '2']);
  assert.deepEqual(page.problems, []);
});

test('a login that takes long, as when a class logs in at once, is waited for on the line that answers, and not said again', async () => {
  await page.clock.install();
  await page.addInitScript(() => {
    globalThis.said = [];
    globalThis.opened = 0;
    /** Answers whatever comes after the login. */
    globalThis.WebSocket = class {
      static OPEN = 1;
      readyState = 1;
      constructor() {
        opened++;
        queueMicrotask(() => this.onopen());
      }
      send(bytes) {
        said.push(bytes.byteLength);
        if (said.length > 1) queueMicrotask(() => this.onmessage({ data: bytes.slice(0, 4).buffer }));
      }
      close() {}
    };
  });
  await opens();
  await page.evaluate(() => void bus.ask({ login: { name: 'anna', password: 'a long enough password' } }));
  await page.clock.runFor(20_000);
  const { opened, said } = await page.evaluate(() => ({ opened, said }));
  assert.equal(opened, 1);
  assert.ok(said.length > 1 && said.slice(1).every((length) => length < said[0]), said.join());
});
