// The page without a line: its own files from the cache, the index from the gateway where it answers. Nothing of the
// laboratory is ever kept here: what is old must never look live.
//
// What opens the page is fetched at once; the files of other views when they are first opened, never before: a first visit
// on a thin line pays for nothing that it does not show. Names have the content's hash in them, so what a new version has
// in common with an old one stays.
const NAME = 'console';
const FIRST = ['.'].concat([/* first */]);
const LATER = new Set([/* later */]);

const nameOf = (url) => new URL(url).pathname.split('/').pop();

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(FIRST)).then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => {
  const current = new Set([...FIRST, ...LATER, '']);
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== NAME).map((name) => caches.delete(name))))
    .then(() => caches.open(NAME))
    .then((cache) => cache.keys().then((kept) => Promise.all(kept
      .filter(({ url }) => !current.has(nameOf(url))).map((request) => cache.delete(request)))))
    .then(() => self.clients.claim()));
});

const keep = (request) => fetch(request).then((answer) => {
  const copy = answer.clone();
  if (answer.ok && LATER.has(nameOf(request.url))) caches.open(NAME).then((cache) => cache.put(request, copy));
  return answer;
});
self.addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET') return;
  const kept = () => caches.match(event.request, { ignoreSearch: true });
  event.respondWith(event.request.mode === 'navigate'
    ? fetch(event.request).catch(() => kept().then((found) => found || Response.error()))
    : kept().then((found) => found || keep(event.request)));
});
