/**
 * The service worker: stores the site's own files, answers them (offline too), and adds the
 * headers that isolate the page, which a browser asks for before it gives threads.
 *
 * The build writes FILES. A file is stored under its name and hash, checked on the way in, so an
 * update fetches only what changed and two versions never mix. Model files are the engine's
 * (engine.js stores them after its own check); here the ones of old versions are removed.
 */

/** @type {{version: string, csp: string, files: Record<string, [number, string]>, models: string[]}} */
const SITE = {/*site*/};

const SCOPE = new URL("./", self.location.href).href;
const APP_CACHE = `seethrough-app:${SCOPE}`;
const MODEL_CACHE = `seethrough-models:${SCOPE}`;
const TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  mjs: "text/javascript; charset=utf-8",
  py: "text/plain; charset=utf-8",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  woff2: "font/woff2",
};

/** @param {string} path @returns {string} the key under which this version's file is stored */
const keyOf = (path) => `${SCOPE}${path}?sha256=${encodeURIComponent(SITE.files[path][1])}`;

/** @param {string} path @returns {Headers} */
function headersOf(path) {
  return new Headers({
    "Content-Type": TYPES[path.split(".").pop()] ?? "application/octet-stream",
    "Content-Security-Policy": SITE.csp,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
  });
}

/**
 * Fetch one listed file, check it and store it.
 * @param {Cache} cache
 * @param {string} path
 * @returns {Promise<Response>}
 */
async function store(cache, path) {
  const [, sha256] = SITE.files[path];
  const response = await fetch(SCOPE + path, { cache: "no-cache", integrity: `sha256-${sha256}` });
  if (response.status !== 200) throw new Error(`${path}: status ${response.status}`);
  const body = await response.arrayBuffer(); // rejects where the content is not the listed one
  const answer = new Response(body, { headers: headersOf(path) });
  // A full disk must not stop a page that has its file in hand.
  await cache.put(keyOf(path), answer.clone()).catch(() => {});
  return answer;
}

/** @param {number} done @param {number} total */
async function tell(done, total) {
  const pages = await self.clients.matchAll({ includeUncontrolled: true, type: "window" });
  for (const page of pages) page.postMessage({ type: "installing", done, total });
}

/** Store every listed file that is not stored yet, four at a time. */
async function install() {
  const cache = await caches.open(APP_CACHE);
  const total = Object.values(SITE.files).reduce((sum, [bytes]) => sum + bytes, 0);
  const queue = Object.keys(SITE.files);
  let done = 0;
  const lane = async () => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      if (!(await cache.match(keyOf(path)))) await store(cache, path);
      done += SITE.files[path][0];
      await tell(done, total);
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

/** Forget what neither this version nor its manifests name. */
async function clean() {
  const kept = new Set([...Object.keys(SITE.files).map(keyOf), ...SITE.models.map((p) => SCOPE + p)]);
  for (const name of [APP_CACHE, MODEL_CACHE]) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      if (!kept.has(request.url)) await cache.delete(request);
    }
  }
}

/**
 * Answer a listed file from the store, or fetch it again where the browser dropped it.
 * @param {string} path
 * @returns {Promise<Response>}
 */
async function answer(path) {
  const cache = await caches.open(APP_CACHE);
  return (await cache.match(keyOf(path))) ?? store(cache, path);
}

self.addEventListener("install", (event) => event.waitUntil(install()));

self.addEventListener("activate", (event) => {
  event.waitUntil(clean().then(() => self.clients.claim()));
});

self.addEventListener("message", ({ data }) => {
  if (data?.type === "activate") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const isOurs = (url.origin + url.pathname).startsWith(SCOPE);
  if (event.request.method !== "GET" || !isOurs) return;
  const path = decodeURIComponent((url.origin + url.pathname).slice(SCOPE.length)) || "index.html";
  if (Object.hasOwn(SITE.files, path)) event.respondWith(answer(path));
});
