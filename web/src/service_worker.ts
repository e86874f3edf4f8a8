/**
 * Keeps the files of the page, so that it opens without network after the first visit. Answers of the API are not kept.
 *
 * Each build has a cache of its own; those of other builds are deleted once it takes over.
 */

declare const self: ServiceWorkerGlobalScope;
export {};

const CACHE = "gwansang-BUILD_DIGEST"; // written by the build
const PAGE = "/";
const SETTINGS = "/web/settings.json";
const FACE = "/web/face.json";
const NEVER = /^\/(api|admin|dev|docs|redoc|health|metrics|s|problems)(\/|$)/;
const IMMUTABLE = /^\/(assets|web\/texts|web\/models|web\/face)\//;

self.addEventListener("install", (event) => {
  event.waitUntil(keepPage().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldCaches().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || NEVER.test(pathname)) return;
  event.respondWith(IMMUTABLE.test(pathname) ? keptFirst(event.request) : newestFirst(event.request));
});

/** Keep the page, the files that it names, its texts in every language, and networks that a cache before had. */
async function keepPage(): Promise<void> {
  const cache = await caches.open(CACHE);
  const html = await (await fetch(PAGE, { cache: "no-cache" })).text();
  const settings = (await (await fetch(SETTINGS)).json()) as { locales: { texts: string }[] };
  const named = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path ?? PAGE);
  await cache.addAll([...new Set([PAGE, SETTINGS, FACE, ...named, ...settings.locales.map(({ texts }) => texts)])]);
  const face = (await (await cache.match(FACE, { ignoreVary: true }))?.json()) as { files: Record<string, string> | null };
  for (const path of Object.values(face.files ?? {})) {
    const known = await kept(path);
    if (known !== undefined) await cache.put(path, known);
  }
}

async function dropOldCaches(): Promise<void> {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
}

async function keptFirst(request: Request): Promise<Response> {
  return (await kept(request)) ?? fetchAndKeep(request);
}

async function newestFirst(request: Request): Promise<Response> {
  try {
    return await fetchAndKeep(request);
  } catch (error) {
    const found = await kept(request);
    if (found === undefined) throw error;
    return found;
  }
}

/** Return what is kept of a request; the service varies its answers by Origin, but these are the same for all. */
function kept(request: Request | string): Promise<Response | undefined> {
  return caches.match(request, { ignoreVary: true });
}

async function fetchAndKeep(request: Request): Promise<Response> {
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}
