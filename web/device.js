/** What this device is like, and which model it would open, how. */

import { openStore } from "./download.js";
import { listing } from "./listing.js";
import { recall } from "./site.js";

/**
 * @typedef {{hasStore: boolean, model: string, mode: string, savesData: boolean,
 *   memoryBytes: number | null}} Device `memoryBytes`: about what the device has, in powers of two,
 *   where the browser tells
 */

/** The name under which the id of the model that was used last is kept. */
export const LAST_MODEL = "model";
/** The name under which the weight mode that was used last is kept. */
export const LAST_MODE = "mode";
const MODES = ["exact", "small"]; // core/modes.py
const SMALL_GB = 4;
const GB = 2 ** 30;

/**
 * Whether the engine's threads can share memory. WebKitGTK isolates a page and has no
 * SharedArrayBuffer all the same.
 * @returns {boolean}
 */
export const canShareMemory = () => crossOriginIsolated && typeof SharedArrayBuffer === "function";

/** @returns {number} threads for the engine: one where they can share no memory, four at most */
export const threads = () =>
  canShareMemory() ? Math.max(1, Math.min(4, navigator.hardwareConcurrency)) : 1;

/** @returns {Promise<string>} the model used last, else the site's default; empty where none is */
async function chosenModel() {
  const { models } = await listing();
  const last = recall(LAST_MODEL);
  return (models.find(({ id }) => id === last) ?? models.find((one) => one.default))?.id ?? "";
}

/**
 * Look at the device. The weights are held as they were the last time, else in the small mode on a
 * small device (a phone, or at most 4 GB; a desktop that does not tell is not small).
 * @returns {Promise<Device>}
 */
export async function device() {
  const isMobile = navigator.userAgentData?.mobile ?? /Mobi|Android/.test(navigator.userAgent);
  const { deviceMemory } = navigator;
  const isSmall = isMobile || (deviceMemory ?? SMALL_GB + 1) <= SMALL_GB;
  return {
    hasStore: (await openStore()) !== null,
    model: await chosenModel().catch(() => ""),
    mode: MODES.find((mode) => mode === recall(LAST_MODE)) ?? (isSmall ? "small" : "exact"),
    savesData: navigator.connection?.saveData === true,
    memoryBytes: deviceMemory === undefined ? null : deviceMemory * GB,
  };
}
