// What the gateway says of instruments, lines and rigs is said in Chinese as well: the page's table against the gateway's sources.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '../../..');
const esbuild = createRequire(join(root, 'gateway/console/build.mjs'))('esbuild');
const table = join(root, 'gateway/console/src/i18n/sentences-zh.ts');
const { code } = esbuild.transformSync(readFileSync(table, 'utf8'), { loader: 'ts', format: 'esm' });
const { inChinese, sentences } = await import('data:text/javascript,' + encodeURIComponent(code));

/** A source with what stands in several literals in one. */
const source = (path) => readFileSync(join(root, path), 'utf8').replace(/"\s*\n\s*"/g, '');
const drivers = readdirSync(join(root, 'drivers')).filter((name) => name.endsWith('.c')).map((name) => source(join('drivers', name)));
const gateway = ['link/line', 'link/read', 'link/capture', 'control/traces', 'control/start', 'control/notes', 'control/rigs', 'control/proof']
  .map((name) => source(`gateway/${name}.c`));

const records = ['recorder_captures', 'recording'].map((name) => source(`gateway/records/${name}.c`));

const literals = (texts, pattern) => texts.flatMap((text) => [...text.matchAll(pattern)].map(([, literal]) => literal.replaceAll('\\"', '"')));

const CONVERSION = /%[-.\d*]*(?:z|ll?)?[a-z]/gi;

/** What drivers may say, with something in the place of what changes; what is wrong with a profile is said by labgate check. */
const spoken = [
  ...literals(drivers, /\bdriver_fail\(\s*fault,[^"]*"((?:[^"\\]|\\.)*)"/g).filter((text) => !/^point |^%s %/.test(text)),
  ...literals(drivers, /\bfail\(DRIVER_\w+, (?:[^"]*\? strerror\(errno\) : )?"((?:[^"\\]|\\.)*)"/g),
  ...literals(drivers, /return "(the answer[^"]*)"/g),
  ...literals(drivers, /\[0x\d\w\] = "([^"]*)"/g),
  ...literals(records, /node->event\.why, sizeof node->event\.why, "([^"]*)"/g),
  ...literals(records, /EDQUOT \? "([^"]*)"/g),
  ...literals(gateway, /\brefuse\(instrument, "([^"]*)"/g),
  ...literals(gateway, /\b(?:end_with|finish)\([^"]*"([^"]+)"/g),
  ...literals(gateway, /return (?:[^"]*\? )?"((?:the|a) [^"]*)"/g),
  ...literals(gateway, /why_quarantined, sizeof rig->why_quarantined,\s*"((?:it|the) [^"]*)"/g),
  ...literals(gateway, /snprintf\(why\b[^"]*PROOF_WHY_MAX[^"]*"([^"]+)"/g).map((text) => text.replace(/^;/, 'it;')),
].map((text) => text.replace('%s%s', '').replace(CONVERSION, '7'));

test('every sentence of the drivers and of the gateway about a rig is known in Chinese', () => {
  assert.ok(spoken.length > 60, `${spoken.length} sentences found`);
  const unknown = spoken.filter((text) => /[a-z]{3,}/.test(inChinese(text).replace(/'labctl [^']*'|\/etc\/hosts|Modbus/g, '')));
  assert.deepEqual(unknown, []);
});

/** Each literal as a row of the table would have it. */
const forms = literals([...drivers, ...gateway, ...records, source('gateway/rig/names.c')], /"((?:[^"\\\n]|\\.)*)"/g)
  .flatMap((text) => (text.includes('verified%s%s') ? ['', ' at %s'].map((at) => text.replace('%s%s', at)) : [text]))
  .map((text) => text.replace(/%02X %02X|'labctl [^']*'|%u-%u/g, '%s').replace(CONVERSION, '{}'));

/** What of them a row may be: from one colon to another, and what is done ("reading coils") in the place of a first `{}`. */
function sayable() {
  const runs = forms.flatMap((text) => {
    const parts = text.split(': ');
    return parts.flatMap((_, from) => parts.slice(from).map((__, more) => parts.slice(from, from + more + 1).join(': ')));
  });
  const doings = forms.filter((text) => /^[a-z]+ing\b[a-z ]*$/.test(text));
  return new Set([...runs, ...runs.flatMap((text) => (text.startsWith('{} ') ? doings.map((doing) => text.replace('{}', doing)) : []))]);
}

test('no sentence is translated that nobody says', () => {
  const found = sayable();
  const gone = sentences.map(([english]) => english).filter((english) => !found.has(english.replace(/^\{\}(: |(?=;))|: \{\}$/g, '')) && !found.has(english));
  assert.deepEqual(gone, []);
});

test('what was attempted and why not are looked up each by itself', () => {
  assert.equal(inChinese('plc: reading holding registers 0-9 of unit 2: no complete answer in time'), 'plc：读保持寄存器 0-9（单元 2）：未按时收到完整应答');
  assert.equal(inChinese('connecting to 127.0.0.1 port 502: Connection refused'), '连接 127.0.0.1 端口 502：连接被拒绝');
  assert.equal(inChinese('scope, *IDN?: the line is gone: Broken pipe'), 'scope, *IDN?：线路已断开：连接已断开');
  assert.equal(inChinese('its latest proof test failed; of a new test 3 of 20 causes are done'), '最近一次验证试验未通过；新的试验已完成 20 个原因中的 3 个');
  assert.equal(inChinese('a sentence of a later gateway'), 'a sentence of a later gateway');
});
