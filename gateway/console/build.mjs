// Builds the console: bundles, compresses, and writes the table of files that the bus serves from memory
// (gateway/bus/page_files.h).
//
// usage: node gateway/console/build.mjs OUTPUT_DIRECTORY
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import esbuild from 'esbuild';
import { generateProtocol } from './protocol.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2] ?? 'build/console';

const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  webmanifest: 'application/manifest+json',
};

/** What old phones in schools still run: WeChat's and system browsers of about 2020. */
const TARGET = {
  target: ['chrome80', 'firefox78', 'safari14'],
  supported: { destructuring: true }, // Safari 14 has it, but for one corner that nobody here needs
};

/** `import url from './NAME.css?sheet'`: the style of a view that is fetched on demand, as a file of its own. */
const sheets = {
  name: 'sheets',
  setup(build) {
    build.onResolve({ filter: /\.css\?sheet$/ }, ({ path, resolveDir }) =>
      ({ path: join(resolveDir, path.replace('?sheet', '')), namespace: 'sheet' }));
    build.onLoad({ filter: /./, namespace: 'sheet' }, async ({ path }) => {
      const { code } = await esbuild.transform(readFileSync(path, 'utf8'), { loader: 'css', minify: true, ...TARGET });
      return { contents: code, loader: 'file', watchFiles: [path] };
    });
  },
};

/** What is imported on demand can count on all of the first visit's modules, so it is said to import them: otherwise each
 * set of files that shares some of them would get a file of its own, and the first visit more and worse compressed ones. */
const onDemand = {
  name: 'on-demand',
  setup(build) {
    const later = new Set();
    build.onResolve({ filter: /^\.\.?\// }, async ({ path, kind, resolveDir, importer, pluginData }) => {
      if (kind !== 'dynamic-import' || pluginData === onDemand) return undefined;
      const found = await build.resolve(path, { kind, resolveDir, importer, pluginData: onDemand });
      later.add(found.path);
      return found;
    });
    build.onLoad({ filter: /\.tsx?$/ }, ({ path }) => later.has(path)
      ? { contents: `import ${JSON.stringify(join(here, 'src/main'))};\n${readFileSync(path, 'utf8')}`, loader: 'tsx', resolveDir: dirname(path) }
      : undefined);
  },
};

async function bundle() {
  const result = await esbuild.build({
    absWorkingDir: here,
    entryPoints: [{ in: 'src/main.tsx', out: 'main' }, { in: 'src/style.css', out: 'style' }],
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    outdir: output,
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    charset: 'utf8',
    ...TARGET,
    logLimit: 10,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    alias: { 'lab.proto': join(process.cwd(), output, 'lab.js'), 'whole.proto': join(process.cwd(), output, 'whole.js') },
    legalComments: 'none',
    plugins: [sheets, onDemand],
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const files = result.outputFiles.map((file) => ({ path: '/' + basename(file.path), content: Buffer.from(file.contents), immutable: true }));
  return { files, early: needed(result.metafile) };
}

/** What the first script imports: fetched beside it instead of after it. */
function needed(metafile) {
  const [, main] = Object.entries(metafile.outputs).find(([path]) => basename(path).startsWith('main-'));
  return main.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => basename(path));
}

const text = (name) => readFileSync(join(here, 'static', name), 'utf8');
const hash = (content) => createHash('sha256').update(content).digest('hex').slice(0, 16);

/** A file under a name that has the hash of its content. */
function named(name, content) {
  const [stem, ending] = name.split('.');
  return { path: `/${stem}-${hash(content).slice(0, 8).toUpperCase()}.${ending}`, content: Buffer.from(content), immutable: true };
}

/** What belongs to the page beside its scripts and styles. The names of index and worker don't change: they are asked for again at
 * each visit, and answered with 304. */
function frame(bundled, early) {
  const icon = named('icon.svg', text('icon.svg').replace(/>\s+</g, '><'));
  const manifest = named('lab.webmanifest', JSON.stringify(JSON.parse(text('lab.webmanifest').replace('icon.svg', icon.path.slice(1)))));
  const bundledAs = (prefix, suffix) => bundled.find(({ path }) => path.startsWith('/' + prefix) && path.endsWith(suffix)).path.slice(1);
  const index = text('index.html')
    .replace('{{script}}', bundledAs('main-', '.js'))
    .replace('{{style}}', bundledAs('style-', '.css'))
    .replace('icon.svg', icon.path.slice(1))
    .replace('lab.webmanifest', manifest.path.slice(1))
    .replace('{{early}}', early.map((name) => `<link rel="modulepreload" href="${name}">`).join(''))
    .replace(/>\s+</g, '><');
  const all = bundled.map(({ path }) => path.slice(1));
  const first = [icon, manifest].map(({ path }) => path.slice(1)).concat(all.filter((name) => early.includes(name) || /^(main|style)-/.test(name)));
  const worker = text('worker.js')
    .replace('[/* first */]', JSON.stringify(first))
    .replace('[/* later */]', JSON.stringify(all.filter((name) => !first.includes(name))));
  const small = esbuild.transformSync(worker, { minify: true, ...TARGET }).code;
  return [
    { path: '/', content: index, name: 'index.html' },
    { path: '/worker.js', content: small },
  ].map((file) => ({ immutable: false, ...file, content: Buffer.from(file.content) })).concat(icon, manifest);
}

/** The compressed form, or nothing where it saves less than a packet's worth of trouble. */
function compressed(content, compress) {
  const small = compress(content);
  return small.length < content.length - 64 ? small : null;
}
const brotli = (content) => brotliCompressSync(content, {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
});
const gzip = (content) => gzipSync(content, { level: 9 });

function asC(files) {
  const arrays = [];
  const rows = files.map((file, index) => {
    const form = (kind, bytes) => {
      if (!bytes) return '{0}';
      const name = `${kind}_${index}`;
      arrays.push(`static const uint8_t ${name}[] = {${[...bytes].join(',')}};`);
      return `{${name}, sizeof ${name}}`;
    };
    const type = TYPES[(file.name ?? file.path).split('.').pop()];
    return `    {"${file.path}", "${type}", "\\"${hash(file.content)}\\"", ${file.immutable}, ${/[.](js|css)$/.test(file.path) && file.immutable}, ` +
      `${form('plain', file.content)}, ${form('gzip', file.gzip)}, ${form('brotli', file.brotli)}},`;
  });
  return `#include "gateway/bus/page_files.h"\n\n${arrays.join('\n')}\n\n` +
    `const struct page_file page_files[] = {\n${rows.join('\n')}\n};\n` +
    `const size_t page_file_count = sizeof page_files / sizeof *page_files;\n`;
}

rmSync(output, { recursive: true, force: true });
mkdirSync(join(output, 'files'), { recursive: true });
generateProtocol(join(here, '../../proto/lab.proto'), output);
const { files: bundled, early } = await bundle();
const files = [...frame(bundled, early), ...bundled].map((file) => ({
  ...file, gzip: compressed(file.content, gzip), brotli: compressed(file.content, brotli),
}));
for (const file of files) writeFileSync(join(output, 'files', file.name ?? basename(file.path)), file.content);
const sizes = files.map(({ path, content, gzip: g, brotli: b }) =>
  ({ path, plain: content.length, gzip: (g ?? content).length, brotli: (b ?? content).length }));
writeFileSync(join(output, 'sizes.json'), JSON.stringify(sizes, null, 1) + '\n');
writeFileSync(join(output, 'page_files.c'), asC(files));
