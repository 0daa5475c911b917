/**
 * The service worker: stores the site's own files, answers them (offline too), and adds the
 * headers that isolate the page, which a browser asks for before it gives threads. A first visit
 * stores what the page needs before Python, then the page loads again; what Python asks for
 * (SITE.python, most of the bytes) is stored on its way to it, so that nobody waits for it twice.
 * What no start needs (LATER) is stored when it is first asked for (bring.js). A newer version
 * is stored whole before it can be used, with its own of what the older one had stored.
 *
 * The build writes SITE, and what is imported into this script: not every browser's service workers
 * can import. A file is stored under its name and hash, checked on the way in, so an update fetches
 * only what changed and two versions never mix. A newer version waits until no page of the older one
 * is open, or the only one asks for it. Model files are the engine's (engine.js stores them after its
 * own check); here the ones of old versions are removed.
 */

import { KeyedError } from "./errors.js";
import { inLanes } from "./lanes.js";
import { APP_STORE, MODEL_STORE, SCOPE } from "./stores.js";
import { bytesOf, faultOf } from "./whole.js";

/**
 * @typedef {import("./listed.js").Files} Files
 * @typedef {{version: string, csp: string, files: Files, python: string[],
 *   later: number[], models: string[]}} Site `later` are places in the list of files
 */

const SITE = /** @type {Site} */ ({/*site*/});
const LATER = SITE.later.map((at) => Object.keys(SITE.files)[at]);

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const LANES = 6; // as many as a browser asks one host at once
// Of a file as large as this the page hears how far it is, so often.
const LARGE_BYTES = 1_000_000;
const TELL_MS = 200;
/** @type {Record<string, string>} */
const TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
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
  const suffix = path.slice(path.lastIndexOf(".") + 1);
  return new Headers({
    "Content-Type": TYPES[suffix] ?? "application/octet-stream",
    "Content-Security-Policy": SITE.csp,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
  });
}

/** @param {BufferSource} body @returns {Promise<string>} SHA-256, base64 */
async function hashOf(body) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return btoa(String.fromCharCode(...hash));
}

/** @param {string} path @returns {(done: number) => void} tells the pages how far a file is */
function reading(path) {
  let told = 0;
  return (done) => {
    if (Date.now() - told < TELL_MS) return;
    told = Date.now();
    tell({ type: "reading", path, done });
  };
}

/**
 * Fetch one listed file and check it.
 * @param {string} path
 * @returns {Promise<BufferSource>} rejects with a KeyedError
 */
async function fetchChecked(path) {
  const [expected, sha256] = SITE.files[path];
  const bytes = await bytesOf(path, expected > LARGE_BYTES ? reading(path) : undefined);
  if ((await hashOf(bytes)) === sha256) return bytes;
  throw faultOf(path, bytes, expected);
}

/** @type {Map<string, Promise<BufferSource>>} files on their way here, by path */
const coming = new Map();

/**
 * Fetch one listed file, check it and store it; twice at once it is fetched once.
 * @param {Cache} cache
 * @param {string} path
 * @returns {Promise<BufferSource>} rejects with a KeyedError
 */
function store(cache, path) {
  const known = coming.get(path);
  if (known) return known;
  const stored = fetchChecked(path)
    .then(async (bytes) => {
      // A full disk must not stop a page that has its file in hand.
      const answer = new Response(bytes, { headers: headersOf(path) });
      await cache.put(keyOf(path), answer).catch(() => {});
      return bytes;
    })
    .finally(() => coming.delete(path));
  coming.set(path, stored);
  return stored;
}

/** @returns {Promise<WindowClient[]>} the open pages of this site, none of a neighbour's */
async function pages() {
  const all = await worker.clients.matchAll({ includeUncontrolled: true, type: "window" });
  return all.filter(({ url }) => url.startsWith(SCOPE));
}

/** @param {Record<string, unknown>} message */
async function tell(message) {
  for (const page of await pages()) page.postMessage(message);
}

/**
 * @param {unknown} error
 * @param {boolean} isInUse whether a page of this version waits for the file
 */
async function tellFault(error, isInUse) {
  // Without a key it is the store that failed: the page goes on without a service worker.
  if (error instanceof KeyedError) {
    await tell({ type: "fault", key: error.key, fields: error.fields, isInUse });
  }
}

/**
 * What a start needs, and this version's own of what an older version had stored.
 * @param {Set<string>} stored addresses
 * @returns {string[]}
 */
function needed(stored) {
  const kept = new Set([...stored].map((url) => url.split("?")[0]));
  const later = new Set(LATER.filter((path) => !kept.has(keyOf(path).split("?")[0])));
  return Object.keys(SITE.files).filter((path) => !later.has(path));
}

/** @param {string[]} paths @returns {number} bytes */
const bytesOfAll = (paths) => paths.reduce((sum, path) => sum + SITE.files[path][0], 0);

/**
 * Store what is not stored yet, some at a time. One that fails is told at once and stops new ones
 * from starting; those under way end and are kept.
 * @param {string[]} left out what the page can have later
 * @param {boolean} isInUse whether a page of this version waits for them
 */
async function fill(left, isInUse) {
  const cache = await caches.open(APP_STORE);
  const stored = new Set((await cache.keys()).map((request) => request.url));
  const all = needed(stored);
  const missing = all.filter((path) => !stored.has(keyOf(path)));
  const files = missing.filter((path) => !left.includes(path));
  const total = bytesOfAll(all);
  let [done, isTold, toldAt] = [total - bytesOfAll(missing), false, 0];
  await inLanes(files, LANES, async (path) => {
    try {
      await store(cache, path);
    } catch (error) {
      if (!isTold) tellFault(error, isInUse);
      isTold = true;
      throw error;
    }
    done += SITE.files[path][0];
    if (done < total && Date.now() - toldAt < TELL_MS) return;
    toldAt = Date.now();
    await tell({ type: isInUse ? "filling" : "installing", done, total });
  });
}

/** The first version stores what comes before Python, a newer one all, so that it never mixes. */
const install = () => fill(worker.registration.active ? [] : SITE.python, false);

/**
 * Store the rest of what a start needs, for the page that is starting.
 * @param {MessagePort | undefined} port hears whether all is here now
 */
async function fillRest(port) {
  const isWhole = await fill([], true).then(
    () => true,
    () => false,
  );
  port?.postMessage(isWhole);
}

/** Forget what neither this version nor its manifests name. */
async function clean() {
  const models = SITE.models.map((path) => SCOPE + path);
  const kept = new Set([...Object.keys(SITE.files).map(keyOf), ...models]);
  for (const name of [APP_STORE, MODEL_STORE]) {
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
  const cache = await caches.open(APP_STORE);
  const stored = await cache.match(keyOf(path));
  if (stored) return stored;
  try {
    const bytes = await store(cache, path);
    // Of what comes from a store the browser keeps the compiled code.
    return (await cache.match(keyOf(path))) ?? new Response(bytes, { headers: headersOf(path) });
  } catch (error) {
    await tellFault(error, !LATER.includes(path)); // without those the page goes on
    throw error;
  }
}

worker.addEventListener("install", (event) => event.waitUntil(install()));

// Pages are not claimed: one that came from the network keeps to it until it is loaded again.
worker.addEventListener("activate", (event) => event.waitUntil(clean()));

/**
 * Become the active version, unless a page of the present one would then get our files.
 * @param {MessagePort | undefined} port it hears why not
 */
async function activate(port) {
  if ((await pages()).length > 1) port?.postMessage("other-tabs");
  else await worker.skipWaiting();
}

worker.addEventListener("message", (event) => {
  if (event.data?.type === "activate") event.waitUntil(activate(event.ports[0]));
  if (event.data?.type === "fill") event.waitUntil(fillRest(event.ports[0]));
});

worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const isOurs = (url.origin + url.pathname).startsWith(SCOPE);
  if (event.request.method !== "GET" || !isOurs) return;
  const path = decodeURIComponent((url.origin + url.pathname).slice(SCOPE.length)) || "index.html";
  if (Object.hasOwn(SITE.files, path)) event.respondWith(answer(path));
});
