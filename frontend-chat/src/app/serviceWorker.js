/**
 * The service worker: keeps the shell (page, scripts, styles, icons) so that Maru opens without a line. Nothing of /api/, /ws/ or
 * /admin/ is ever kept here: what a device keeps of conversations is in IndexedDB (shared/api/kept.ts). `FILES` and `VERSION` are
 * written in by the build (vite.config.ts); a new version waits until the page asks for it.
 */
const VERSION = '__VERSION__';
const FILES = '__FILES__';
const SHELL = `maru-shell-${VERSION}`;

const ELSEWHERE = /^\/(admin|api|v1|ws)(\/|$)/;

const others = (names) => names.filter((name) => name.startsWith('maru-') && name !== SHELL);

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(others(names).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('message', (event) => {
  if (event.data === 'activate') self.skipWaiting();
});

/** Of a notice that the page could not show by itself (shared/ui/notices.ts). */
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openPage(event.notification.data));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (pathname.startsWith('/assets/')) event.respondWith(fromShell(request));
  else if (request.mode === 'navigate' && !ELSEWHERE.test(pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match('/')));
  }
});

/** Names carry a hash of the content: what was kept once is right for ever. */
async function fromShell(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(SHELL)).put(request, answer.clone());
  return answer;
}

async function openPage(path) {
  const pages = await self.clients.matchAll({ type: 'window' });
  const page = pages.find(({ url }) => !ELSEWHERE.test(new URL(url).pathname));
  if (!page) return self.clients.openWindow(path);
  await page.focus();
  return page.navigate(path);
}
