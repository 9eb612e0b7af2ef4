/** Registers the service worker of a build, and tells when a new version is ready. Only on secure origins do browsers have one. */

export function keepShell(onNews: (activate: () => void) => void): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register('/sw.js').then(
    (registration) => {
      tell(registration.waiting, onNews);
      registration.addEventListener('updatefound', () => {
        const worker = registration.installing;
        worker?.addEventListener('statechange', () => worker.state === 'installed' && tell(worker, onNews));
      });
    },
    () => undefined, // without it everything works, only not without a line
  );
}

/** The first worker of a browser is no news: there is no older page. */
function tell(worker: ServiceWorker | null, onNews: (activate: () => void) => void): void {
  if (!worker || !navigator.serviceWorker.controller) return;
  onNews(() => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
    worker.postMessage('activate');
  });
}
