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
const gateway = ['link/line', 'link/read', 'link/capture', 'control/traces', 'control/start', 'control/notes', 'control/rigs']
  .map((name) => source(`gateway/${name}.c`));

const literals = (texts, pattern) => texts.flatMap((text) => [...text.matchAll(pattern)].map(([, literal]) => literal.replaceAll('\\"', '"')));

/** What drivers may say, with something in the place of what changes; what is wrong with a profile is said by labgate check. */
const spoken = [
  ...literals(drivers, /\bdriver_fail\(\s*fault,[^"]*"((?:[^"\\]|\\.)*)"/g).filter((text) => !/^point |^%s %/.test(text)),
  ...literals(drivers, /\bfail\(DRIVER_\w+, (?:[^"]*\? strerror\(errno\) : )?"((?:[^"\\]|\\.)*)"/g),
  ...literals(drivers, /return "(the answer[^"]*)"/g),
  ...literals(drivers, /\[0x\d\w\] = "([^"]*)"/g),
  ...literals(gateway, /\brefuse\(instrument, "([^"]*)"/g),
  ...literals(gateway, /\b(?:end_with|finish)\([^"]*"([^"]+)"/g),
  ...literals(gateway, /return (?:[^"]*\? )?"((?:the|a) [^"]*)"/g),
  ...literals(gateway, /why_quarantined, sizeof rig->why_quarantined,\s*"((?:it|the) [^"]*)"/g),
].map((text) => text.replace('%s%s', '').replace(/%[-.\d*]*z?[a-z]/gi, '7'));

test('every sentence of the drivers and of the gateway about a rig is known in Chinese', () => {
  assert.ok(spoken.length > 60, `${spoken.length} sentences found`);
  const unknown = spoken.filter((text) => /[a-z]{3,}/.test(inChinese(text).replace(/'labctl [^']*'|\/etc\/hosts|Modbus/g, '')));
  assert.deepEqual(unknown, []);
});

test('no sentence is translated that nobody says', () => {
  const all = [...drivers, ...gateway].join('\n').replaceAll('\\"', '"').replaceAll('%s%s', '').replace(/%[-.\d*]*z?[a-z]/gi, '{}');
  const gone = sentences.map(([english]) => english)
    .filter((english) => !english.split('{}').every((part) => all.includes(part.replace(/^[:,( ]+|(?: at)?[:,() ]+$/g, ''))));
  assert.deepEqual(gone, []);
});

test('what was attempted and why not are looked up each by itself', () => {
  assert.equal(inChinese('plc: reading holding registers 0-9 of unit 2: no complete answer in time'), 'plc：读保持寄存器 0-9（单元 2）：未按时收到完整应答');
  assert.equal(inChinese('connecting to 127.0.0.1 port 502: Connection refused'), '连接 127.0.0.1 端口 502：连接被拒绝');
  assert.equal(inChinese('scope, *IDN?: the line is gone: Broken pipe'), 'scope, *IDN?：线路已断开：连接已断开');
  assert.equal(inChinese('a sentence of a later gateway'), 'a sentence of a later gateway');
});
