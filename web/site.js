/**
 * The site as a thing on this device: newer versions, what is stored and how much, its removal.
 *
 * Where the browser lacks what is needed (plain http, old browsers) nothing throws: the answer is
 * null. Everything here touches this site alone, also where others share its origin.
 */

import { APP_STORE, MODEL_STORE, RUN_STORE, SCOPE } from "./stores.js";

/**
 * @typedef {{files: Record<string, number> | null, models: Record<string, number> | null,
 *   runs: Record<string, number> | null, wishes: number | null, quota: number | null, usage: number | null,
 *   isPersisted: boolean | null}} Sizes bytes by path, of the site's own files, of the models' and
 *   of a training run; `wishes` is how many settings are remembered; `usage` and `quota` are the whole origin's, as the
 *   browser tells them
 */

/** When a page that had loaded itself again went on (reloaded.js): no setting, and removed as all. */
export const STARTED = "started";

const OURS = `seethrough:${new URL(SCOPE).pathname}:`;
const THEME = "seethrough.theme"; // theme.js keeps it for all copies of this site on the origin
const ACTIVATE_MS = 3000;
const NEWEST_MS = 60_000;
const FILL_MS = 600_000;
const QUIET_MS = 300;
const PAINT_MS = 500;
const IDLE_MS = 2000;
const REGISTER_MS = 15_000;
const LOOK_AGAIN_MS = 3_600_000;

/** @param {string} name @param {Storage} [storage] @returns {string | null} what was remembered */
export function recall(name, storage) {
  try {
    return (storage ?? localStorage).getItem(OURS + name);
  } catch {
    return null;
  }
}

/**
 * Keep a short text for the next visit, under a key of this site alone.
 * @param {string} name
 * @param {string | null | undefined} value none forgets it; Python's None comes as undefined
 * @param {Storage} [storage]
 * @returns {boolean} whether it is kept
 */
export function remember(name, value, storage) {
  try {
    const place = storage ?? localStorage;
    if (value === null || value === undefined) place.removeItem(OURS + name);
    else place.setItem(OURS + name, value);
    return true;
  } catch {
    return false; // the reader forbids storage
  }
}

/** @returns {Promise<void>} settled once what is shown is painted, and the page rests */
export async function painted() {
  const frame = new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  await Promise.race([frame, after(PAINT_MS)]); // a hidden page paints no frame
  if (typeof requestIdleCallback !== "function") return;
  await new Promise((resolve) => requestIdleCallback(resolve, { timeout: IDLE_MS }));
}

/** @param {number} ms @returns {Promise<null>} null, after a while */
export const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms, null));

/**
 * @returns {ServiceWorkerContainer | null} null where there is none, or the browser refuses it (a
 *   frame that is kept apart)
 */
export function container() {
  try {
    return navigator.serviceWorker ?? null;
  } catch {
    return null;
  }
}

/** Register the service worker, a newer one too. @returns {Promise<ServiceWorkerRegistration>} */
export const register = () =>
  navigator.serviceWorker.register("./sw.js", { scope: "./", updateViaCache: "none" });

/** @returns {Promise<ServiceWorkerRegistration | null>} this site's, not a neighbour's */
async function registrationHere() {
  const found = await container()
    ?.getRegistration(SCOPE)
    .catch(() => null);
  return found?.scope === SCOPE ? found : null;
}

/**
 * Wait until a worker is active, or gave up.
 * @param {ServiceWorker} worker
 * @returns {Promise<boolean>}
 */
export function settled(worker) {
  return new Promise((resolve) => {
    const look = () => {
      if (worker.state === "activated") resolve(true);
      if (worker.state === "redundant") resolve(false);
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

let isWhole = false;
/** @type {Promise<void>} */
let filled = Promise.resolve();

/** Have the rest of what a start needs stored, while it comes to the page. */
export function fillStore() {
  const { port1, port2 } = new MessageChannel();
  const told = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
  filled = Promise.race([told, after(FILL_MS)]).then((data) => {
    isWhole = data === true;
  });
  container()?.controller?.postMessage({ type: "fill" }, [port2]);
}

/** @returns {boolean} whether all that a start needs is stored, as far as is known now */
export const isFilled = () => isWhole;

/** @returns {Promise<void>} settled once that is known; a start must not wait for it */
export const filling = () => filled;

/** Look for a newer version and have it stored; what is not whole, or takes too long, waits. */
export async function storeNewest() {
  const registration = await registrationHere();
  await registration?.update().catch(() => {}); // offline
  const newer = registration?.installing;
  if (!newer) return;
  /** @type {Promise<void>} */
  const stored = new Promise((resolve) => {
    newer.addEventListener("statechange", () => resolve(), { once: true });
  });
  await Promise.race([stored, after(NEWEST_MS)]);
}

/** @returns {Promise<void>} settled once the document's own files are here */
async function loaded() {
  if (document.readyState === "complete") return;
  await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
}

/**
 * Make the waiting version the active one, if this is the only open page of the site: a second
 * one would get files of a version that is not its own.
 * @returns {Promise<"activated" | "other-tabs" | "late" | null>} null: no version waits
 */
export async function activateWaiting() {
  const newer = (await registrationHere())?.waiting;
  if (!newer) return null;
  // Chromium keeps a worker that is asked for a file while it ends, for 30 s.
  await Promise.race([loaded(), after(ACTIVATE_MS)]);
  await after(QUIET_MS);
  const { port1, port2 } = new MessageChannel();
  /** @type {Promise<"other-tabs">} */
  const held = new Promise((resolve) => (port1.onmessage = () => resolve("other-tabs")));
  // A page that fetches all the time can still be in its way; a reload is not.
  const late = after(ACTIVATE_MS).then(() => /** @type {const} */ ("late"));
  newer.postMessage({ type: "activate" }, [port2]);
  const done = settled(newer).then((is) => (is ? /** @type {const} */ ("activated") : null));
  return Promise.race([held, done, late]);
}

/**
 * Bring the service worker back if it was removed while this page is open: a worker or thread
 * that starts without it lacks the headers which an isolated page demands, and is blocked.
 */
export async function keepRegistered() {
  if (!container()?.controller || (await registrationHere())) return;
  const done = register().catch(() => {}); // offline: the engine tells
  await Promise.race([done, after(REGISTER_MS)]);
}

/**
 * Be told once a newer version of the whole site is stored and waits.
 * @param {() => void} callback called at once if one waits already
 */
export async function onUpdate(callback) {
  const registration = await registrationHere();
  if (!registration) return;
  let isTold = false;
  const tell = () => {
    if (isTold || !registration.waiting || !container()?.controller) return;
    isTold = true;
    callback();
  };
  const follow = () => registration.installing?.addEventListener("statechange", tell);
  registration.addEventListener("updatefound", follow);
  follow();
  tell();
  let looked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || Date.now() - looked < LOOK_AGAIN_MS) return;
    looked = Date.now();
    registration.update().catch(() => {}); // offline
  });
}

/**
 * Change to the version that waits: it becomes active and this page loads again.
 * @returns {Promise<"reloading" | "other-tabs" | null>} "other-tabs": it must wait until the other
 *   pages of this site are closed; null: none waits
 */
export async function useUpdate() {
  const outcome = await activateWaiting();
  if (outcome === null || outcome === "other-tabs") return outcome;
  location.reload();
  return "reloading";
}

/**
 * Ask the browser not to drop this site's files when space gets short.
 * @returns {Promise<boolean | null>}
 */
export async function persist() {
  return (await navigator.storage?.persist?.().catch(() => null)) ?? null;
}

/**
 * The sizes of what one cache holds.
 * @param {string} name
 * @returns {Promise<Record<string, number> | null>} bytes by path
 */
async function sizesIn(name) {
  try {
    if (!(await caches.has(name))) return {};
    const cache = await caches.open(name);
    /** @type {Record<string, number>} */
    const sizes = {};
    for (const request of await cache.keys()) {
      const blob = await (await cache.match(request))?.blob();
      const url = new URL(request.url);
      sizes[(url.origin + url.pathname).slice(SCOPE.length)] = blob?.size ?? 0;
    }
    return sizes;
  } catch {
    return null;
  }
}

/** @returns {Promise<Sizes>} what is stored on this device */
export async function sizes() {
  const [files, models] = [await sizesIn(APP_STORE), await sizesIn(MODEL_STORE)];
  const runs = await sizesIn(RUN_STORE);
  const estimate = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  const isPersisted = (await navigator.storage?.persisted?.().catch(() => null)) ?? null;
  return {
    files,
    models,
    runs,
    wishes: wishes(),
    quota: estimate.quota ?? null,
    usage: estimate.usage ?? null,
    isPersisted,
  };
}

const RUN = new URL("training", SCOPE).href;

/**
 * Keep a training run for the next visit, in the place of the one before.
 * @param {Uint8Array<ArrayBuffer>} data
 * @returns {Promise<boolean>} false: storage is full or refused
 */
export async function keepRun(data) {
  try {
    await (await caches.open(RUN_STORE)).put(RUN, new Response(new Blob([data])));
    return true;
  } catch {
    return false;
  }
}

/** @returns {Promise<ArrayBuffer | null>} the run that is kept */
export async function keptRun() {
  try {
    if (!(await caches.has(RUN_STORE))) return null;
    return (await (await (await caches.open(RUN_STORE)).match(RUN))?.arrayBuffer()) ?? null;
  } catch {
    return null;
  }
}

/** Keep no run any longer. */
export async function dropRun() {
  await globalThis.caches?.delete(RUN_STORE).catch(() => {});
}

/** @param {Storage} storage @returns {string[]} what this site remembers there, by its keys */
const ourKeys = (storage) =>
  Object.keys(storage).filter((key) => key === THEME || key.startsWith(OURS));

/** @returns {number | null} how many settings are remembered; null where nothing can be */
function wishes() {
  try {
    return ourKeys(localStorage).filter((key) => key !== OURS + STARTED).length;
  } catch {
    return null;
  }
}

/** @param {Storage} storage */
function forgetKeys(storage) {
  for (const key of ourKeys(storage)) storage.removeItem(key);
}

/**
 * Remove this site from the device: its files, its models, its service worker, what it remembered.
 * The open page goes on; it stores the site again only when it is opened the next time.
 * @returns {Promise<boolean | null>} null where nothing can be stored in the first place
 */
export async function removeAll() {
  try {
    forgetKeys(localStorage);
    forgetKeys(sessionStorage);
  } catch {
    // the reader forbids storage: nothing was kept
  }
  await (await registrationHere())?.unregister();
  try {
    const stores = [APP_STORE, MODEL_STORE, RUN_STORE];
    const removed = await Promise.all(stores.map((name) => caches.delete(name)));
    return removed.includes(true);
  } catch {
    return null;
  }
}
