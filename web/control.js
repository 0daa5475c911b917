/**
 * Puts a first visit under the service worker's control, by one reload. index.html loads it by
 * itself, so that it begins while the page is still being read; boot.js hears what came of it.
 */

import { siteFiles } from "./check.js";
import { KeyedError } from "./errors.js";
import { placeFault } from "./place.js";
import { lacksWasm, refusesStorage } from "./refused.js";
import { reloadOnce } from "./reload.js";
import { after, container, register, settled } from "./site.js";

const FAULT_MS = 500;

/** @returns {string} the key of why there are no threads */
export const notIsolated = () => (self === top ? "boot.not_isolated" : "boot.framed");

/** @returns {Promise<KeyedError>} what the service worker finds wrong while it is installed */
function faultHeard() {
  return new Promise((resolve) => {
    container()?.addEventListener("message", ({ data }) => {
      if (data?.type === "fault") resolve(new KeyedError(data.key, data.fields));
    });
  });
}

/**
 * Load again, the worker storing meanwhile what comes next.
 * @param {ServiceWorker} worker
 * @returns {"reload" | string}
 */
function reload(worker) {
  if (!reloadOnce()) return notIsolated();
  worker.postMessage({ type: "fill" });
  return "reload";
}

/**
 * Let the service worker store the page, a second time if it gave up without a word.
 * @returns {Promise<"reload" | string>} "reload", or the key of a notice; rejects with a KeyedError
 */
async function install() {
  const fault = faultHeard();
  await siteFiles(); // a sw.js that is not whole must not be registered
  for (let tries = 0; tries < 2; tries++) {
    const registration = await register();
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    if (!worker) break;
    const outcome = await Promise.race([settled(worker), fault]);
    if (outcome === true) return reload(worker);
    const found = outcome || (await Promise.race([fault, after(FAULT_MS)]));
    if (found) throw found;
  }
  return "boot.service_worker_failed";
}

/** @type {ReturnType<typeof install> | null} */
let installing = null;

/** @returns {ReturnType<typeof install>} the one installation of this page */
export const installed = () => (installing ??= install());

/** Begin on a first visit, where nothing stands in the way. */
async function begin() {
  const workers = container();
  if (!workers || workers.controller || placeFault() || lacksWasm()) return;
  if (!(await refusesStorage())) installed().catch(() => {}); // boot.js hears it
}

begin();
