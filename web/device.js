/**
 * What this device is like, which model it would open, and the one rule of when a model may be
 * downloaded without asking.
 */

import { filesOf, openStore, whereKept } from "./download.js";
import { recall } from "./site.js";

/**
 * @typedef {import("./download.js").Manifest} Manifest
 * @typedef {{hasStore: boolean, model: string, mayDownload: boolean, isStored: boolean, mode: string}} Device
 * @typedef {{id: string, baseUrl: string, manifest: Manifest, isStored: boolean,
 *   modes: string[]}} Choice `modes`: the weight modes in which the engine can hold the model
 */

/** The name under which the id of the model that was used last is kept. */
export const LAST_MODEL = "model";
/** The name under which the weight mode that was used last is kept. */
export const LAST_MODE = "mode";
const MODES = ["exact", "small"]; // core/modes.py
const SMALL_GB = 4;

/** @type {Promise<Choice> | null} */
let choosing = null;

/**
 * Whether the engine's threads can share memory. WebKitGTK isolates a page and has no
 * SharedArrayBuffer all the same.
 * @returns {boolean}
 */
export const canShareMemory = () => crossOriginIsolated && typeof SharedArrayBuffer === "function";

/** @returns {number} threads for the engine: one where they can share no memory, four at most */
export const threads = () =>
  canShareMemory() ? Math.max(1, Math.min(4, navigator.hardwareConcurrency)) : 1;

/** @param {string} path @returns {Promise<any>} */
async function json(path) {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/**
 * The model that this visit would open: the one used last, else the site's default.
 * @returns {Promise<Choice>} rejects where the site's own list cannot be read
 */
export function chosenModel() {
  choosing ??= (async () => {
    /** @type {{models: {id: string, path: string, default: boolean, modes: string[]}[]}} */
    const { models } = await json("./models.json");
    const last = recall(LAST_MODEL);
    const card = models.find(({ id }) => id === last) ?? models.find((one) => one.default);
    if (!card) throw new Error("models.json names no default");
    const baseUrl = new URL(card.path, import.meta.url).href;
    /** @type {Manifest} */
    const manifest = await json(`./${card.path}manifest.json`);
    const kept = await whereKept(baseUrl, filesOf(manifest, "graph", "weights"));
    const { id, modes } = card;
    return { id, baseUrl, manifest, isStored: kept === "stored", modes };
  })();
  choosing.catch(() => (choosing = null)); // a later call asks again
  return choosing;
}

/**
 * Look at the device.
 *
 * The rule: the model is fetched unasked unless the reader asked for little data (`saveData`), the
 * device is small (a phone, or at most 4 GB; a desktop that does not tell is not small), or nothing
 * can be stored here, so that every visit would fetch it anew. A model that is stored already costs
 * no download, and somebody once asked for it here: it is opened on any device. The weights are
 * held as they were the last time, else in the small mode on a small device.
 * @returns {Promise<Device>}
 */
export async function device() {
  const isMobile = navigator.userAgentData?.mobile ?? /Mobi|Android/.test(navigator.userAgent);
  const isSmall = isMobile || (navigator.deviceMemory ?? SMALL_GB + 1) <= SMALL_GB;
  const hasStore = (await openStore()) !== null;
  const choice = await chosenModel().catch(() => null);
  const isFree = hasStore && !isSmall && !navigator.connection?.saveData;
  return {
    hasStore,
    model: choice?.id ?? "",
    mayDownload: isFree || Boolean(choice?.isStored),
    isStored: Boolean(choice?.isStored),
    mode: MODES.find((mode) => mode === recall(LAST_MODE)) ?? (isSmall ? "small" : "exact"),
  };
}
