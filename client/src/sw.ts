/** Keeps built assets and the offline page; never a page of anybody's. */
const worker = self as unknown as ServiceWorkerGlobalScope;
const STORE = "catflap-1";

worker.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.add("/offline")));
  void worker.skipWaiting();
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name !== STORE).map((name) => caches.delete(name)))),
  );
});

worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.mode === "navigate") {
    event.respondWith(
      fetch(event.request).catch(async () => (await caches.match("/offline")) ?? Response.error()),
    );
  } else if (url.origin === location.origin && url.pathname.startsWith("/static/dist/assets/")) {
    event.respondWith(
      caches.open(STORE).then(async (store) => {
        const kept = await store.match(event.request);
        if (kept) return kept;
        const fresh = await fetch(event.request);
        if (fresh.ok) await store.put(event.request, fresh.clone());
        return fresh;
      }),
    );
  }
});
