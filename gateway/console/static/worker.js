// The page without a line: its own files from the cache, the index from the gateway where it answers. Nothing of the
// laboratory is ever kept here: what is old must never look live.
const NAME = 'console-{{version}}';
const FILES = ['.', 'icon.svg', 'lab.webmanifest'].concat([/* files */]);

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== NAME).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});
self.addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET') return;
  const kept = () => caches.match(event.request, { ignoreSearch: true });
  event.respondWith(event.request.mode === 'navigate'
    ? fetch(event.request).catch(() => kept().then((found) => found || Response.error()))
    : kept().then((found) => found || fetch(event.request)));
});
