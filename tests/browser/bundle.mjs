// Parts of the page's sources by themselves, for what needs no laboratory.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const esbuild = createRequire(join(root, 'gateway/console/build.mjs'))('esbuild');
const made = resolve(root, process.env.BUILD ?? 'build', 'console');

/** A module that says `contents`, as if it were in the sources' folder, and all that it imports; its text. */
async function bundled(contents, format) {
  const { outputFiles: [{ text }] } = await esbuild.build({
    stdin: { contents, resolveDir: join(root, 'gateway/console/src'), loader: 'tsx' },
    bundle: true, write: false, format, charset: 'utf8', logLevel: 'warning', jsx: 'automatic', jsxImportSource: 'preact',
    alias: { 'lab.proto': join(made, 'lab.js'), 'whole.proto': join(made, 'whole.js') },
  });
  return text;
}

/** In this process: for what needs no page. */
export const imported = async (contents) => import('data:text/javascript,' + encodeURIComponent(await bundled(contents, 'esm')));

/** A server of an empty page that has them, and what ends it; its bus answers nobody. */
export async function served(contents) {
  const script = await bundled(contents, 'iife');
  const server = createServer(({ url }, response) => {
    response.setHeader('content-type', url === '/script.js' ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8');
    response.end(url === '/script.js' ? script : '<!doctype html><meta charset="utf-8"><main></main><script src="script.js"></script>');
  });
  await new Promise((listens) => server.listen(0, '127.0.0.1', listens));
  return {
    page: `http://127.0.0.1:${server.address().port}/`,
    stop: () => new Promise((stopped) => {
      server.close(stopped);
      server.closeAllConnections();
    }),
  };
}
