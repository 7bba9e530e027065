// What tests of the page share: a laboratory, a browser, people in it, and pictures of what they see.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const BUILD = process.env.BUILD ?? 'build';
export const PICTURES = join(root, BUILD, 'browser');
export const PASSWORD = 'a long enough password';
export const PATIENCE = Number(process.env.PATIENCE ?? 60_000);

export const phone = { width: 360, height: 640 };
export const desk = { width: 1440, height: 900 };

/** `edits`: pairs of what is in configs/demo/lab.yaml and what stands there instead. */
export async function startLab(edits = []) {
  const process_ = spawn('python3', [join(here, 'lab_server.py'), JSON.stringify(edits)],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } });
  const answers = createInterface({ input: process_.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await answers.next();
    if (done) throw new Error('the lab has ended');
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(answer.error);
    return answer.ok;
  };
  let turn = Promise.resolve();
  const ask = (...words) => turn = turn.catch(() => {}).then(() => {
    process_.stdin.write(JSON.stringify(words) + '\n');
    return next();
  });
  const urls = await next();
  const ended = new Promise((resolve) => process_.on('exit', resolve));
  return {
    ask,
    page: urls.ws.replace('ws:', 'http:').replace(/bus$/, ''),
    account: (name, role, title) => ask('account', name, role, title),
    do: (name, fields) => ask('do', name, fields),
    ctl: (...words) => ask('ctl', ...words),
    async stop() {
      process_.stdin.end();
      if (await ended) throw new Error('the lab did not stop in good order');
    },
  };
}

/** A browser with nothing in it, and its contexts. */
export async function startBrowser() {
  const folder = mkdtempSync(join(tmpdir(), 'labgate-browser-'));
  mkdirSync(PICTURES, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? join(here, 'chromium'),
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
    env: { ...process.env, HOME: folder },
  });
  return {
    /** Somebody's device. What goes wrong on its page is an error of the test. */
    async device(viewport, { language = 'en-GB', ...options } = {}) {
      const context = await browser.newContext({ viewport, locale: language, hasTouch: viewport.width < 500, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      const problems = [];
      page.on('pageerror', (error) => problems.push(String(error.stack ?? error)));
      page.on('console', (message) => {
        // A socket that cannot be opened is what some tests are about.
        if (message.type() === 'error' && !/WebSocket|ERR_|Failed to load resource/.test(message.text())) problems.push(message.text());
      });
      page.on('request', (request) => {
        if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).hostname !== '127.0.0.1') problems.push('asked elsewhere: ' + request.url());
      });
      return Object.assign(page, { problems });
    },
    async stop() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Until it is a fact, or long enough for a loaded machine. */
export async function until(fact, what) {
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    if (await fact()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited for ${what}`);
}

/** Until it is there, for who comes back to the page again and again: so seen, it asks at once what it otherwise asks every ten seconds. */
export async function comes(page, locator) {
  await until(async () => {
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    return locator.isVisible();
  }, String(locator));
}

export async function picture(page, name) {
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

export async function signIn(page, lab, name) {
  await page.goto(lab.page);
  await page.locator('input[name=name]').fill(name);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('button.main').click();
  // A locator asks every half second; frames are drawn of the page in front only.
  await page.waitForFunction(() => document.querySelector('.rig-card'), undefined, { polling: 50 });
}

/** Books in two taps, enters, and is in control. */
export async function takeControl(page, rig) {
  await page.locator('.rig-card', { hasText: rig }).locator('button', { hasText: /Book|预约/ }).click();
  await page.locator('dialog[open] button.main').click();
  await page.locator('button.main', { hasText: /^(Start|开始实验)$/ }).click();
  await page.getByText(/You are in control|由您控制/).first().waitFor();
}

/** Ends the person's session, so that the next finds the rig free and safe. Tests use the rigs on TCP: those on a serial
 * line trip when a loaded machine lets their samples grow old. */
export async function endSession(lab, name, rig) {
  const { bookings } = await lab.do(name, { bookings: {} });
  for (const { id, state } of bookings.bookings ?? [])
    if (state === 'LIVE') await lab.do(name, { cancel: { booking: id } });
  await lab.ask('wait_safe', rig);
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds serious or critical, a line each. */
export async function accessibility(page) {
  // Beside the page's own policy, which would refuse a script of ours.
  const session = page.inspector ??= await page.context().newCDPSession(page);
  const evaluate = async (expression) => (await session.send('Runtime.evaluate', { expression, awaitPromise: true })).result.value;
  if (await evaluate('typeof axe') === 'undefined') await evaluate(axe + ';0');
  return JSON.parse(await evaluate(`axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html + ' ' + node.failureSummary))))`));
}
