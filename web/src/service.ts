// The service worker: keeps every file of the page, so that it opens without a network after the first time.

interface Kept {
  version: string;
  files: string[];
}

interface Extended extends Event {
  waitUntil(promise: Promise<unknown>): void;
}

interface Fetching extends Event {
  request: Request;
  respondWith(response: Promise<Response>): void;
}

const here = self as unknown as {
  KEPT: Kept;
  location: Location;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(type: string, listener: (event: never) => void): void;
};
const PREFIX = "transpile-playground-";
const NAME = PREFIX + here.KEPT.version;
const base = new URL("./", here.location.href);

here.addEventListener("install", (event: Extended) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll(here.KEPT.files.map((name) => new Request(new URL(name, base), { cache: "reload" }))))
      .then(() => here.skipWaiting()),
  );
});

here.addEventListener("activate", (event: Extended) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((one) => one.startsWith(PREFIX) && one !== NAME).map((one) => caches.delete(one))))
      .then(() => here.clients.claim()),
  );
});

here.addEventListener("fetch", (event: Fetching) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) return;
  const wanted = event.request.mode === "navigate" ? new Request(new URL("index.html", base)) : event.request;
  event.respondWith(
    caches.open(NAME).then(async (cache) => (await cache.match(wanted, { ignoreSearch: true })) ?? fetch(event.request)),
  );
});
